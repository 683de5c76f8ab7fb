import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {import('./work.mjs').Contestant} Contestant */

// What users import, found through the exports of the project's package.json. Not a dependency of bench/: npm would
// install the project's own packages a second time.
const projectRequire = createRequire(new URL('../../package.json', import.meta.url));

/** The library under test, as an application sees it. */
export const pixstore = await import(pathToFileURL(projectRequire.resolve('pixstore/backend')).href);

const anyMasterKey = Buffer.alloc(32, 7).toString('base64');
const quiet = { info() {}, warn: console.warn, error: console.error };

/**
 * @typedef {object} Options
 * @property {number} [port] serve images there
 * @property {number} [inlineUpTo] keep ciphertexts up to so many bytes in SQLite
 * @property {number} [memoryCacheBytes]
 * @property {string | string[]} [masterKey] base64; the same one for all without it
 * @property {number} [windowLength] ms of the window of a proof; without it proofs outlive a run
 */

/**
 * @param {string} folder
 * @param {Options} options
 * @returns {Promise<Contestant>}
 */
export async function open(folder, options) {
  const { port, inlineUpTo, memoryCacheBytes, masterKey = anyMasterKey, windowLength = 3_600_000 } = options;
  const places = { databasePath: join(folder, 'images.sqlite'), imageRootDir: join(folder, 'images') };
  const backend = pixstore.createPixstoreBackend({
    ...(inlineUpTo === undefined ? places : { store: pixstore.openLocalStore({ ...places, inlineUpTo }) }),
    masterKey,
    statelessKeyWindowLength: windowLength,
    memoryCacheBytes,
    defaultEndpointEnabled: port !== undefined,
    ...(port === undefined ? {} : { defaultEndpointListenHost: '127.0.0.1', defaultEndpointListenPort: port }),
    errorHandlingMode: 'throw',
    logger: quiet,
  });
  await backend.ready;
  return {
    save: async (bytes, dir) => (await backend.saveImage(bytes, dir)).id,
    update: backend.updateImage,
    remove: backend.deleteImage,
    record: backend.getImageRecord,
    records: backend.getImageRecords,
    rotate: backend.rotateMasterKey,
    read: (id) => backend.store.open(id, undefined, { inMemoryUpTo: Number.POSITIVE_INFINITY }), // below the images that the backend keeps in memory
    stats: backend.stats,
    close: backend.close,
  };
}
