import { Agent } from 'node:http';
import { fetchPayload } from '../contestants/get.mjs';
import { stampOf } from '../contestants/images.mjs';
import { decrypt, states } from '../http/payload.mjs';
import { stampBytes } from './work.mjs';

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
      if (payload[0] === states.notFound) {
        seen.gone += 1;
        return null;
      }
      const image = decrypt(payload, record.meta);
      seen.opened += 1;
      return { size: image.length, stamp: stampOf(image, stampBytes) };
    } catch (error) {
      errors.push(`GET: ${error}`);
      return null;
    }
  }

  return { seen, errors, open, close: () => agent.destroy() };
}
