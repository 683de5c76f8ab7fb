import { createDecipheriv } from 'node:crypto';
import { Agent } from 'node:http';
import { fetchPayload } from '../contestants/get.mjs';
import { stampBytes } from './work.mjs';

const notFound = 2;

/**
 * Fetches images as a browser would and opens them; keeps count of what went wrong.
 *
 * @param {number} port
 */
export function createClient(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const seen = { opened: 0, gone: 0 };
  /** @type {string[]} */
  const errors = [];

  /** @returns {Promise<import('./work.mjs').Content | null>} null when the image was removed since, or does not open */
  async function open(/** @type {any} */ record) {
    try {
      const payload = await fetchPayload(agent, port, record);
      if (payload[0] === notFound) {
        seen.gone += 1;
        return null;
      }
      const image = decrypt(payload, record.meta);
      seen.opened += 1;
      return { size: image.length, stamp: image.subarray(-stampBytes).toString('hex') };
    } catch (error) {
      errors.push(`GET: ${error}`);
      return null;
    }
  }

  return { seen, errors, open, close: () => agent.destroy() };
}

/**
 * See docs/wire-format.md: state 0 is the version of the record, state 1 a newer one that brings its key.
 *
 * @param {Buffer} payload
 * @param {{ key: string, iv: string, tag: string }} meta
 * @returns {Buffer} the image file
 * @throws {Error} when the ciphertext is not what was encrypted
 */
function decrypt(payload, meta) {
  if (payload[0] > 1) throw new Error(`answered with state ${payload[0]}`);
  const updated = payload[0] === 1;
  const [key, iv, tag, ciphertext] = updated
    ? [payload.subarray(9, 41), payload.subarray(41, 53), payload.subarray(53, 69), payload.subarray(69)]
    : [...[meta.key, meta.iv, meta.tag].map((part) => Buffer.from(part, 'base64')), payload.subarray(1)];
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).subarray(1); // after the format byte
}
