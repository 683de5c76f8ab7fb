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
  /** The demo is still making samples: there will be more. */
  isGrowing: boolean;
}

/** What lies on the server's disk for one picture; bytes are in hex. */
export interface StoredAnswer {
  token: number;
  /** The picture's own key, encrypted under the key of its folder. */
  sealedKey: string;
  /** Length of the ciphertext, in bytes. */
  size: number;
  /** The first bytes of the ciphertext. */
  head: string;
  /** SHA-256 of the whole ciphertext. */
  sha256: string;
}

/** The same pictures for both sides of the comparison. */
export interface ComparisonAnswer {
  endpoint: GalleryAnswer['endpoint'];
  /** Each as a record, and as the path of its unprotected copy without the visit that it begins with. */
  pictures: { record: ImageRecord; plain: string }[];
}

/** What became of an exchange of the master key. */
export interface RotationAnswer {
  milliseconds: number;
  /** How many pictures there are, none of which was touched. */
  pictures: number;
}

export interface ErrorAnswer {
  code: string;
  message: string;
}
