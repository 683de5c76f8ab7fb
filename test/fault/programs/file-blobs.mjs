// Keeps two blobs in a new folder, one after the other, and says so after each.
//
// node file-blobs.mjs <folder>
import { writeSync } from 'node:fs';
import { fileBlobs } from 'pixstore/backend';

const blobs = fileBlobs(process.argv[2] ?? '');
for (const name of ['store/session/first', 'store/session/second']) {
  await blobs.write(name, new Uint8Array(10_000));
  writeSync(1, `kept ${name}\n`);
}
