import { versionOf } from '../../../src/testing/versions.js';
import { type Change, remove, reseal, save, update } from './changes.js';
import { large, small } from './faulty-place.js';

/** Changes that are made at once, to images of an id, from a token on. */
export type Scenario = (id: string, token: number) => Change[];

const variants = ['thumb', 'wide'];
export const scenarios: Record<string, Scenario> = {
  'saving a small image': (id, token) => [save(versionOf(id, token, small))],
  'saving a large image': (id, token) => [save(versionOf(id, token, large))],
  'saving a large image with variants': (id, token) => [save(versionOf(id, token, large, variants))],
  'small to large': (id, token) => [update(versionOf(id, token, small), versionOf(id, token + 1, large))],
  'large to small': (id, token) => [update(versionOf(id, token, large), versionOf(id, token + 1, small))],
  'large to large, with variants': (id, token) => [
    update(versionOf(id, token, large, variants), versionOf(id, token + 1, large, ['thumb'])),
  ],
  'deleting a large image': (id, token) => [remove(versionOf(id, token, large))],
  'sealing a key anew': (id, token) => [reseal(versionOf(id, token, small))],
  'seven changes in one commit': (id, token) => [
    save(versionOf(`${id}-a`, token, small)),
    save(versionOf(`${id}-b`, token, large)),
    update(versionOf(`${id}-c`, token, large), versionOf(`${id}-c`, token + 1, large)),
    update(versionOf(`${id}-d`, token, small), versionOf(`${id}-d`, token + 1, small)),
    update(versionOf(`${id}-e`, token, small), versionOf(`${id}-e`, token + 1, large)),
    reseal(versionOf(`${id}-f`, token, small)),
    remove(versionOf(`${id}-g`, token - 1, large)),
  ],
};
