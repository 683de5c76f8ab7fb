import { createCipheriv, randomBytes } from 'node:crypto';
import { serveBytes } from './serve-bytes.mjs';

/** @typedef {import('./work.mjs').Contestant} Contestant */

/**
 * A floor: every image encrypted under a key of its own, all of them in one answer, made beforehand.
 *
 * @param {string} _folder
 * @param {{ port: number }} options
 * @returns {Promise<Contestant>}
 */
export async function open(_folder, { port }) {
  /** @type {Buffer[]} */
  const sealed = [];
  let bytesSealed = 0;
  /** @type {Buffer | undefined} */
  let answer;
  /** @type {Map<string, object>} */
  const records = new Map();
  const find = () => {
    answer ??= Buffer.concat(sealed);
    return answer;
  };
  const close = await serveBytes(port, find, { 'Content-Type': 'application/octet-stream' });
  return {
    async save(bytes) {
      const [key, iv] = [randomBytes(32), randomBytes(12)];
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
      const id = String(sealed.length);
      const [keyText, ivText] = [key.toString('base64'), iv.toString('base64')];
      records.set(id, { id, key: keyText, iv: ivText, offset: bytesSealed, length: ciphertext.length });
      sealed.push(ciphertext);
      bytesSealed += ciphertext.length;
      answer = undefined;
      return id;
    },
    record: (id) => records.get(id) ?? null,
    close,
  };
}
