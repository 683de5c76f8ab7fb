import { expect, test } from 'vitest';
import { photo, sha256 } from '../harness/backend.js';
import { openTab, useWorld } from '../harness/world.js';

const world = useWorld();

async function saveMany(count: number) {
  const bytes = await photo('brick.webp');
  const records = await Promise.all(Array.from({ length: count }, () => world.backend.save(bytes)));
  return { records, expected: { type: 'image/webp', sha256: sha256(bytes) } };
}

test('a page full of pictures costs a few requests and no preflight', async () => {
  const { records, expected } = await saveMany(60);
  const tab = await openTab(world);
  const seen = await tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), records);
  for (const image of seen) expect(image).toMatchObject(expected);
  // A single one may go ahead by GET, if the page's first look at its disk was quick.
  expect(world.tap.requests.length).toBeLessThanOrEqual(10);
  expect(world.tap.requests.some(({ method }) => method === 'POST')).toBe(true);
  expect(world.tap.requests.some(({ method }) => method === 'OPTIONS')).toBe(false);
});

test('a picture that does not exist, or whose proof is not its own, takes no other along', async () => {
  const { records, expected } = await saveMany(8);
  const [gone, foreign] = records;
  if (!gone || !foreign) throw new Error('no records');
  await world.backend.deleteImage(gone.id);
  foreign.statelessProof = gone.statelessProof;
  const tab = await openTab(world);
  const seen = await tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), records);
  expect(seen.slice(0, 2)).toMatchObject([{ code: 'IMAGE_NOT_FOUND' }, { code: 'PROOF_INVALID' }]);
  for (const image of seen.slice(2)) expect(image).toMatchObject(expected);
});
