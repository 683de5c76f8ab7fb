import { join } from 'node:path';

/** @typedef {import('./work.mjs').Contestant} Contestant */

/**
 * pixstore 3.2.1 from the registry, bundled by setup/peer.mjs, with every option said: some of its own defaults are
 * made for its tests. It has no `close`, and no way to ask for many records at once.
 *
 * @param {string} folder
 * @param {{ port?: number }} options
 * @returns {Promise<Contestant>}
 */
export async function open(folder, { port }) {
  const peer = await import(new URL('../node_modules/.peer/backend.mjs', import.meta.url).href);
  peer.initPixstoreBackend({
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    statelessKeyWindowLength: 3_600_000,
    defaultEndpointEnabled: port !== undefined,
    ...(port === undefined ? {} : { defaultEndpointListenHost: '127.0.0.1', defaultEndpointListenPort: port }),
    defaultEndpointRoute: '/pixstore-image',
    accessControlAllowOrigin: '*',
    errorHandlingMode: 'throw',
  });
  return {
    save: async (bytes) => (await peer.saveImage(bytes)).id,
    update: peer.updateImage,
    remove: peer.deleteImage,
    record: peer.getImageRecord,
    records: async (ids) => ids.map(peer.getImageRecord),
  };
}
