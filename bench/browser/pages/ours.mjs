import { createPixstoreFrontend } from 'pixstore/frontend';
import { createGallery, oneByOne } from './gallery.mjs';
import { countKept } from './kept.mjs';

// The library with its defaults, but for what `options` says.
globalThis.gallery = createGallery((/** @type {{ port: number, single?: boolean, options?: object }} */ config) => {
  const { port, single = false, options } = config;
  const frontend = createPixstoreFrontend(
    {
      defaultEndpointConnectHost: '127.0.0.1',
      defaultEndpointConnectPort: port,
      errorHandlingMode: 'throw',
      ...options,
    },
    single ? (record) => fetchAlone(port, record) : undefined,
  );
  globalThis.frontend = frontend;
  return { ...oneByOne((record) => frontend.getImage(record)), kept: countKept };
});

/**
 * One request per picture, as an application's own fetcher would send it.
 *
 * @param {number} port
 * @param {{ id: string, token: number, statelessProof: string }} record
 */
async function fetchAlone(port, { id, token, statelessProof }) {
  const query = new URLSearchParams({ proof: statelessProof, token: String(token) });
  const response = await fetch(`http://127.0.0.1:${port}/pixstore-image/${id}?${query}`, { cache: 'no-store' });
  return new Uint8Array(await response.arrayBuffer());
}
