// The process that is killed: changes images, and says of each change that it is tried, and that it is done. Only what
// was said before the kill counts, so it is written at once and not buffered.
//
// node victim.mjs <folder> <seed>
import { readSync, writeSync } from 'node:fs';
import { createPixstoreBackend } from 'pixstore/backend';
import { createRandom } from '../support/random.mjs';
import { hashOf, makePicture } from './picture.mjs';
import { backendOf, processing } from './settings.mjs';

const [folder = '', seed = '0'] = process.argv.slice(2);
const random = createRandom(Number(seed));
const changesEach = 5;
const dir = 'kill';
const keys = ['one', 'two', 'three', 'four', 'five', 'six'];

/** @param {unknown[]} words */
const say = (...words) => void writeSync(1, `${words.join(' ')}\n`);

// Loaded, and not begun: waits here until it is let go.
say('ready');
readSync(0, Buffer.alloc(1));

const backend = createPixstoreBackend({ ...backendOf(folder), processing });

/** @param {string} key */
async function changeOnce(key) {
  const id = `${dir}:${key}`;
  const exists = backend.imageExists(id);
  if (exists && random.below(5) === 0) {
    say('try', id, '-');
    await backend.deleteImage(id);
    say('done', id, 0);
    return;
  }
  // On both sides of the limit between database and files.
  const length = random.below(2) ? 2_000 + random.below(6_000) : 70_000 + random.below(70_000);
  const picture = makePicture(`${seed} ${id} ${random.next()}`, length);
  say('try', id, hashOf(picture));
  const record = exists ? await backend.updateImage(id, picture) : await backend.saveImage(picture, { dir, id: key });
  say('done', id, record?.token);
}

await Promise.all(
  keys.map(async (key) => {
    for (let change = 0; change < changesEach; change += 1) await changeOnce(key);
  }),
);
await backend.close();
say('end');
