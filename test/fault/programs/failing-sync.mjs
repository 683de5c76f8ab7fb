// Replaces an image while the disk fails to sync, says what it was told, and ends like a process that crashed.
//
// node failing-sync.mjs <folder>
import { readSync, writeSync } from 'node:fs';
import { createPixstoreBackend } from 'pixstore/backend';
import { hashOf, makePicture } from '../kill/picture.mjs';
import { backendOf, processing } from '../kill/settings.mjs';

const backend = createPixstoreBackend({ ...backendOf(process.argv[2] ?? ''), processing });
const [first, second] = ['first', 'second'].map((name) => makePicture(name, 80_000));
/** @param {unknown[]} words */
const say = (...words) => void writeSync(1, `${words.join(' ')}\n`);

await backend.saveImage(/** @type {Buffer} */ (first), { id: 'one' });
say('saved', hashOf(/** @type {Buffer} */ (first)), hashOf(/** @type {Buffer} */ (second)));
readSync(0, Buffer.alloc(1)); // until the disk begins to fail
const error = await backend.updateImage('one', /** @type {Buffer} */ (second)).catch((thrown) => thrown);
say('told', error.code);
process.kill(process.pid, 'SIGKILL');
