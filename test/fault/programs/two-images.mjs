// Makes a store with a key file of its own, saves a small image and a large one, and reads them after opening it again.
//
// node two-images.mjs <folder>
import { join } from 'node:path';
import { createPixstoreBackend } from 'pixstore/backend';
import { makePicture } from '../kill/picture.mjs';
import { backendOf } from '../kill/settings.mjs';

const folder = process.argv[2] ?? '';
const { masterKey: _, ...options } = backendOf(join(folder, 'new', 'data'));

const first = createPixstoreBackend(options);
const records = [];
for (const size of [5_000, 80_000]) records.push(await first.saveImage(makePicture('one', size)));
await first.close();

const second = createPixstoreBackend(options);
for (const record of records) {
  if (!record || second.getImageRecord(record.id)?.meta.key !== record.meta.key) throw new Error('an image is gone');
}
await second.close();
console.log('whole');
