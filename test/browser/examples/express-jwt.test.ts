import { randomBytes } from 'node:crypto';
import type { ImageRecord } from 'pixstore/backend';
import { expect, test } from 'vitest';
import { createClinic, type Role, signIn } from '../../contract/examples/apps/express-app.js';
import { photo, sha256 } from '../harness/backend.js';
import { useWorld } from '../harness/world.js';
import { pageOf, serve, startOwnBackend, visit } from './app.js';

const world = useWorld();
const secret = randomBytes(32);

async function visitClinic() {
  const backend = await startOwnBackend();
  const app = createClinic(backend, secret);
  app.get(['/', '/page.js'], await pageOf(new URL('pages/clinic.ts', import.meta.url)));
  const { origin } = await serve(app);
  const page = await visit(world, origin, 'clinic');
  const jwtOf = async (role: Role | 'nobody') => (role === 'nobody' ? '' : signIn(role, secret));
  return {
    backend,
    async save(name: string): Promise<string> {
      const record = await backend.saveImage(await photo(name), 'scans');
      return record?.id ?? '';
    },
    async recordFor(role: Role | 'nobody', id: string): Promise<ImageRecord | number> {
      return page.evaluate(([id, jwt]) => clinic.record(id, jwt), [id, await jwtOf(role)] as const);
    },
    async showTo(role: Role | 'nobody', record: ImageRecord) {
      return page.evaluate(([record, jwt]) => clinic.show(record, jwt), [record, await jwtOf(role)] as const);
    },
  };
}

function isRecord(answer: ImageRecord | number): asserts answer is ImageRecord {
  if (typeof answer === 'number') throw new Error(`The API answered ${answer}.`);
}

test.each([
  ['cat.png', { type: 'image/png', width: 451, height: 300 }],
  ['coffee.webp', { type: 'image/webp', width: 600, height: 400 }],
  ['rocket.jpg', { type: 'image/jpeg', width: 640, height: 427 }],
])('from the record of the API over a custom fetcher with a JWT into an <img>: %s', async (name, expected) => {
  const { save, recordFor, showTo } = await visitClinic();
  const record = await recordFor('doctor', await save(name));
  isRecord(record);
  expect(await showTo('doctor', record)).toEqual({ ...expected, sha256: sha256(await photo(name)) });
});

test('nobody is told 401 and another role 403, record or picture; then the right one sees it', async () => {
  const { save, recordFor, showTo } = await visitClinic();
  const id = await save('coffee.webp');
  expect(await recordFor('nobody', id)).toBe(401);
  expect(await recordFor('visitor', id)).toBe(403);
  const record = await recordFor('doctor', id);
  isRecord(record);
  expect(await showTo('nobody', record)).toMatch(/^PixstoreError: .*The clinic answered 401\.$/);
  expect(await showTo('visitor', record)).toMatch(/^PixstoreError: .*The clinic answered 403\.$/);
  expect(await showTo('doctor', record)).toMatchObject({ sha256: sha256(await photo('coffee.webp')) });
});

test('an old record shows the picture that was put in its place', async () => {
  const { backend, save, recordFor, showTo } = await visitClinic();
  const old = await recordFor('doctor', await save('coffee.webp'));
  isRecord(old);
  await backend.updateImage(old.id, await photo('rocket.jpg'));
  expect(await showTo('doctor', old)).toMatchObject({ sha256: sha256(await photo('rocket.jpg')) });
});
