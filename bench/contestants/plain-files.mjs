import { serveBytes } from './serve-bytes.mjs';

/** @typedef {import('./work.mjs').Contestant} Contestant */

/**
 * Images as they are, over HTTP, for the browser's own cache to keep.
 *
 * @param {string} _folder
 * @param {{ port: number }} options
 * @returns {Promise<Contestant>}
 */
export async function open(_folder, { port }) {
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  const close = await serveBytes(port, (path) => files.get(path.slice(1)), {
    'Cache-Control': 'private, max-age=86400',
    'Content-Type': 'image/jpeg',
  });
  return {
    async save(bytes) {
      const id = `${files.size}.jpg`;
      files.set(id, bytes);
      return id;
    },
    record: (id) => ({ id }),
    close,
  };
}
