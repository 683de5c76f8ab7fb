import { cp, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createPixstoreBackend, openLocalStore } from 'pixstore/backend';
import { hashOf, openPayload } from './picture.mjs';
import { backendOf } from './settings.mjs';

/**
 * Opens what a killed process left, and compares it with what is known of it. Works on a copy: the next victim gets the
 * folder as the last one left it.
 *
 * @param {string} folder
 * @param {import('../support/ledger.mjs').Ledger} ledger
 * @returns {Promise<{ damages: string[], leftovers: number }>}
 */
export async function examine(folder, ledger) {
  const copy = await mkdtemp(join(dirname(folder), 'copy-'));
  await cp(folder, copy, { recursive: true });
  const settings = backendOf(copy);
  const store = openLocalStore({ ...settings, sweepAge: 0, writer: 'inline' });
  const backend = createPixstoreBackend({ ...settings, store });
  try {
    /** @type {string[]} */
    const damages = [];
    for (const id of ledger.ids()) {
      const damage = ledger.settle(id, await findMark(backend, id));
      if (damage) damages.push(damage);
    }
    for (const { kind, subject } of await store.check()) if (kind !== 'leftover') damages.push(`${kind}: ${subject}`);
    const leftovers = await store.sweep();
    if ((await store.check()).length > 0) damages.push('not clean after a sweep');
    return { damages, leftovers };
  } finally {
    await backend.close();
    await rm(copy, { recursive: true });
  }
}

/**
 * @param {import('pixstore/backend').PixstoreBackend} backend
 * @param {string} id
 * @returns {Promise<string | null>} the hash of the image, decrypted; null when there is none
 */
async function findMark(backend, id) {
  try {
    const record = backend.getImageRecord(id, { variants: true });
    if (!record) return null;
    const copy = record.variants?.copy;
    if (!copy) return 'without its variant';
    const [hash, hashOfCopy] = [await hashOfPart(backend, record), await hashOfPart(backend, copy)];
    return hash === hashOfCopy && record.token === copy.token ? hash : 'with a variant of another version';
  } catch (error) {
    return `does not open: ${error}`;
  }
}

/**
 * @param {import('pixstore/backend').PixstoreBackend} backend
 * @param {import('pixstore/types').ImageRecord} record
 */
async function hashOfPart(backend, { id, token, statelessProof }) {
  // Without a token of the client: so the answer has the whole version in it, with its key.
  const payload = await backend.customEndpointHelper(id, undefined, statelessProof);
  const opened = openPayload(/** @type {Uint8Array} */ (payload));
  return opened.token === token ? hashOf(opened.image) : 'another version than its record';
}
