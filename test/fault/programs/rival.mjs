// One of several processes that change the images of one store at the same time. Says of each change, once it was
// acknowledged, which version it replaced by which.
//
// node rival.mjs <folder> <name> <changes>
import { readSync, writeSync } from 'node:fs';
import { createPixstoreBackend, openLocalStore } from 'pixstore/backend';
import { hashOf, makePicture } from '../kill/picture.mjs';
import { backendOf } from '../kill/settings.mjs';
import { createRandom } from '../support/random.mjs';

const [folder = '', name = '', changes = '0'] = process.argv.slice(2);
const random = createRandom(name.charCodeAt(0));

/** @param {unknown[]} words */
const say = (...words) => void writeSync(1, `${words.join(' ')}\n`);

say('ready');
readSync(0, Buffer.alloc(1)); // all begin at the same time

const settings = backendOf(folder);
const store = openLocalStore(settings);
const backend = createPixstoreBackend({
  ...settings,
  store: {
    ...store,
    async put(version, expectedToken) {
      // Half of the updates insist on the version that they see.
      const seen = expectedToken === 'older' && random.below(2) === 0 ? await store.record(version.id) : null;
      if (seen && seen.token >= version.token) return false;
      const expected = seen?.token ?? expectedToken;
      const stored = await store.put(version, expected);
      if (stored) say('put', version.id, String(expected), version.token);
      return stored;
    },
  },
});

/** @param {number} number */
async function change(number) {
  const picture = makePicture(`${name} ${number}`, random.below(4) === 0 ? 80_000 : 4_000);
  const key = random.below(4) === 0 ? `own-${name}-${number}` : `shared-${random.below(3)}`;
  const id = `rivals:${key}`;
  const record = await (backend.imageExists(id) ? backend.updateImage(id, picture) : save(key, picture));
  say('done', record?.id, record?.token, hashOf(picture));
}

/**
 * @param {string} key
 * @param {Buffer} picture
 */
async function save(key, picture) {
  try {
    return await backend.saveImage(picture, { dir: 'rivals', id: key });
  } catch (error) {
    if (/** @type {{ code?: unknown }} */ (error).code !== 'IMAGE_ID_TAKEN') throw error;
    return backend.updateImage(`rivals:${key}`, picture); // a rival was faster
  }
}

let next = 0;
const work = async () => {
  while (next < Number(changes)) await change(next++);
};
await Promise.all([work(), work(), work()]);
await backend.close();
