// A backend that saves, updates and deletes until it is killed. Says of each change, once it was acknowledged, what it was.
//
// node saver.mjs <database URL> <schema> <module of the blobs> <folder of the blobs> <module of pictures>
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import pg from 'pg';
import { createPixstoreBackend, splitStore } from 'pixstore/backend';
import { postgresRows } from 'pixstore/postgres';

const [connectionString, schema, blobsModule = '', folder, picturesModule = ''] = process.argv.slice(2);
const { folderBlobs } = await import(blobsModule);
const { smallPicture, withMorePixels } = await import(picturesModule);
const pool = new pg.Pool({ connectionString, max: 8 });
const store = splitStore(postgresRows({ pool, schema, inlineUpTo: 1_000 }), folderBlobs(folder));
const backend = createPixstoreBackend({
  ...{ store, masterKey: Buffer.alloc(32, 7).toString('base64') },
  ...{ defaultEndpointEnabled: false, errorHandlingMode: 'throw' },
});

/** @param {unknown[]} words */
const say = (...words) => void writeSync(1, `${words.join(' ')}\n`);

/** @param {number} size */
function picture(size) {
  return withMorePixels(smallPicture(), randomBytes(size));
}

async function goOn() {
  for (let round = 0; ; round += 1) {
    const { id, token } = await backend.saveImage(picture(round % 2 ? 200 : 5_000), 'cats');
    say('saved', id, token);
    if (round % 3 === 0) say('saved', id, (await backend.updateImage(id, picture(4_000))).token);
    if (round % 5 === 0) {
      say('deleting', id);
      await backend.deleteImage(id);
      say('deleted', id);
    }
  }
}

await Promise.all(Array.from({ length: 6 }, goOn));
