import type { GalleryAnswer, Picture, StoredAnswer } from '../answers.js';
import { api } from './api.js';
import { fromHex, toHex } from './hex.js';

/** What each place holds of one picture. */
export interface Evidence {
  server: StoredAnswer;
  /** The answer to an image request: a state byte, then the ciphertext. */
  wire: Uint8Array;
  /** The ciphertext in IndexedDB, or null when the picture is not cached. */
  browser: Uint8Array | null;
  /** Server, wire and browser (when cached) hold the same ciphertext. */
  same: boolean;
  /** The picture's key was found in one of the three. */
  keyFound: boolean;
}

interface CachedRow {
  token: number;
  /** With its tag of 16 bytes, which servers keep in the record. */
  ciphertext: Uint8Array;
}

// Milliseconds after which a picture is taken for one that this browser does not keep.
const longestWait = 5000;

/** Looks into all places. The record of `picture` must be a fresh one. */
export async function gatherEvidence(picture: Picture, endpoint: GalleryAnswer['endpoint']): Promise<Evidence> {
  const [server, wire] = await Promise.all([api.stored(picture.id), fetchWirePayload(picture, endpoint)]);
  const browser = await findCachedCiphertext(picture);
  const copies = [wire.subarray(1), ...(browser ? [browser] : [])];
  const digests = await Promise.all(copies.map(sha256));
  const key = Uint8Array.from(atob(picture.record.meta.key), (character) => character.charCodeAt(0));
  return {
    server,
    wire,
    browser,
    same: digests.every((digest) => digest === server.sha256),
    keyFound: [...copies, fromHex(server.sealedKey)].some((bytes) => contains(bytes, key)),
  };
}

/** Asks as `getImage` does, for this picture alone; docs/wire-format.md has the format. */
async function fetchWirePayload({ record }: Picture, { host, port }: GalleryAnswer['endpoint']): Promise<Uint8Array> {
  const headers = { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': String(record.token) };
  const response = await fetch(`http://${host}:${port}/pixstore-image/${encodeURIComponent(record.id)}`, { headers });
  return new Uint8Array(await response.arrayBuffer());
}

/** `getImage` gives a picture before the cache has it: that is written when the page is idle. */
async function findCachedCiphertext({ record }: Picture): Promise<Uint8Array | null> {
  const end = performance.now() + longestWait;
  for (;;) {
    const row = await readCachedRow(record.id);
    if (row?.token === record.token || performance.now() > end) return row?.ciphertext.slice(0, -16) ?? null;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Reads pixstore's cache behind its back, as anybody with access to this browser could. */
function readCachedRow(id: string): Promise<CachedRow | null> {
  return new Promise((resolve) => {
    const opening = indexedDB.open('pixstore');
    // No database yet: leave none behind either.
    opening.onupgradeneeded = () => opening.transaction?.abort();
    opening.onerror = () => resolve(null);
    opening.onsuccess = () => {
      const database = opening.result;
      if (!database.objectStoreNames.contains('images')) {
        database.close();
        return resolve(null);
      }
      const reading = database.transaction('images').objectStore('images').get(id);
      reading.onerror = () => resolve(null);
      reading.onsuccess = () => resolve(reading.result ?? null);
      database.close();
    };
  });
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice())));
}

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0] ?? 0); at >= 0; at = bytes.indexOf(part[0] ?? 0, at + 1)) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}
