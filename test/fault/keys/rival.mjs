// Saves, updates, deletes and erases, and exchanges the master key now and then, beside others that do the same. Says of
// each change that it is tried, and that it is done.
//
// node rival.mjs <settings of its store, as JSON> <master keys> <name> <changes>
import { readSync, writeSync } from 'node:fs';
import { createPixstoreBackend, openLocalStore } from 'pixstore/backend';
import { hashOf, makePicture } from '../kill/picture.mjs';
import { createRandom } from '../support/random.mjs';

const [settings = '{}', masterKeys = '', name = '', changes = '0'] = process.argv.slice(2);
const random = createRandom(name.charCodeAt(0));
// Folders of all, and one of its own that is erased.
const dirs = ['shared', 'common', undefined, `own-${name}`];
const own = `own-${name}`;
/** @type {Set<string>} */
const inOwn = new Set();
let done = 0;

/** @param {unknown[]} words */
const say = (...words) => void writeSync(1, `${words.join(' ')}\n`);
say('ready');
readSync(0, Buffer.alloc(1));

const backend = createPixstoreBackend({
  store: openLocalStore({ ...JSON.parse(settings), busyTimeout: 60_000 }),
  masterKey: masterKeys.split(','),
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
});

/** @param {number} lane changes images of its own, one after the other */
async function change(lane) {
  const dir = random.pick(dirs);
  const key = `${name}-${lane}-${random.below(3)}`;
  const id = dir ? `${dir}:${key}` : key;
  const exists = backend.imageExists(id);
  if (exists && random.below(4) === 0) {
    say('try', id, '-');
    await backend.deleteImage(id);
    say('done', id);
    return;
  }
  const picture = makePicture(`${id} ${random.next()}`, random.pick([300, 3_000]));
  say('try', id, hashOf(picture));
  if (exists) await backend.updateImage(id, picture);
  else await backend.saveImage(picture, { id: key, ...(dir && { dir }) });
  say('done', id);
}

async function eraseOwn() {
  for (const id of inOwn) say('try', id, '-');
  await backend.deleteImages(own);
  for (const id of inOwn) say('done', id);
}

async function exchange() {
  say('exchange');
  for await (const { damaged } of backend.rotateMasterKey({ compromised: random.below(2) === 0 })) {
    if (damaged > 0) say('damaged', damaged);
  }
}

const lanes = [0, 1, 2, 3];
for (const lane of lanes) for (const key of [0, 1, 2]) inOwn.add(`${own}:${name}-${lane}-${key}`);

while (done < Number(changes)) {
  // What is erased must not be changed at the same time: then nobody could say what should be there.
  await Promise.all([
    ...lanes.map(async (lane) => {
      for (let each = 0; each < 5; each += 1, done += 1) await change(lane);
    }),
    exchange(),
  ]);
  await Promise.all([eraseOwn(), exchange()]);
}
await backend.close();
say('end');
