import { settled } from './kept.mjs';

/** @typedef {{ id: string, key: string, iv: string, offset: number, length: number }} SealedRecord */

/**
 * The least that encrypted pictures can take: one answer or one transaction for all, no checks, no eviction, and nobody
 * asks for one of them alone.
 *
 * @param {number} port
 * @param {SealedRecord[]} records
 * @param {(index: number, bytes: ArrayBuffer) => void} arrived
 */
export async function loadSealed(port, records, arrived) {
  const kept = await readAll(records);
  const ciphertexts = kept ?? (await fetchAll(port, records));
  await Promise.all(
    records.map(async (record, index) => arrived(index, await decrypt(await ciphertexts[index], record))),
  );
  if (!kept) setTimeout(() => writeAll(records, ciphertexts));
}

/**
 * @param {number} port
 * @param {SealedRecord[]} records
 * @returns {Promise<Uint8Array[]>}
 */
async function fetchAll(port, records) {
  const response = await fetch(`http://127.0.0.1:${port}/all`, { cache: 'no-store' });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return records.map(({ offset, length }) => bytes.subarray(offset, offset + length));
}

/**
 * @param {Uint8Array} ciphertext
 * @param {SealedRecord} record
 */
async function decrypt(ciphertext, { key, iv }) {
  const imported = await crypto.subtle.importKey('raw', fromBase64(key), 'AES-GCM', false, ['decrypt']);
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: fromBase64(iv) }, imported, ciphertext);
}

/** @param {string} text */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * One transaction for all.
 *
 * @param {SealedRecord[]} records
 * @returns {Promise<Promise<Uint8Array>[] | undefined>} undefined when nothing was kept
 */
async function readAll(records) {
  const known = (await indexedDB.databases()).some(({ name }) => name === 'floor');
  if (!known) return undefined;
  const rows = (await open()).transaction('rows').objectStore('rows');
  return records.map(({ id }) => settled(rows.get(id)));
}

/**
 * @param {SealedRecord[]} records
 * @param {Uint8Array[]} ciphertexts
 */
async function writeAll(records, ciphertexts) {
  const rows = (await open()).transaction('rows', 'readwrite').objectStore('rows');
  records.forEach(({ id }, index) => {
    rows.put(ciphertexts[index].slice(), id); // the whole buffer of a view would be written
  });
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open('floor', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('rows');
  return settled(request);
}
