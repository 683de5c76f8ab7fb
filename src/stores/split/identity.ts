import type { MaybePromise, StoreHealth } from '../port.js';

/**
 * Whether rows and blobs belong together, and who may remove what. A database may be an old copy of another one, restored
 * or put elsewhere, in front of the same blobs: then what its rows do not name may be what the other one's do.
 */
export interface Identity {
  /** The store's id. */
  storeId(): MaybePromise<string>;
  /** Are the blobs there, with our mark? */
  isThere(): MaybePromise<boolean>;
  /** To be called before anything is written in a session. @throws PixstoreError `IMAGE_DIR_MISSING`, `STORE_SUPERSEDED` */
  beginSession(): MaybePromise<void>;
  /** Looks at the blobs before anything is removed. @throws PixstoreError `IMAGE_DIR_MISSING` */
  check(): MaybePromise<void>;
  /** Are these the latest rows, as far as is known? */
  isAdopted(): MaybePromise<boolean>;
  /** Those of some blobs that may be removed once no row names them; none when another copy was adopted since. */
  mayRemove(names: readonly string[]): MaybePromise<readonly string[]>;
  /** Makes these rows the only ones that may change the blobs. */
  adopt(): Promise<void>;
  /** @param missing - how many ciphertexts were looked for in vain */
  health(missing: number): Promise<StoreHealth>;
}
