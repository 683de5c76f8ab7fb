import type { ImageRecord } from 'pixstore/types';

/** What the demo's API answers; server and page share these types. */

/** One picture of the gallery: what the application knows, and the record that lets the browser show it. */
export interface Picture {
  id: string;
  title: string;
  alt: string;
  record: ImageRecord;
}

export interface GalleryAnswer {
  /** Where pixstore's default endpoint listens. */
  endpoint: { host: string; port: number };
  pictures: Picture[];
}

/** What lies on the server's disk for one picture; bytes are in hex. */
export interface StoredAnswer {
  token: number;
  /** The picture's own key, encrypted under the master key. */
  sealedKey: string;
  /** Length of the ciphertext, in bytes. */
  size: number;
  /** The first bytes of the ciphertext. */
  head: string;
  /** SHA-256 of the whole ciphertext. */
  sha256: string;
}

export interface ErrorAnswer {
  code: string;
  message: string;
}
