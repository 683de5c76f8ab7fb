import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** Stores that answer from memory or a local database may answer at once. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** One ciphertext to be kept, with what opens it. Every part has a key of its own. */
export interface Part {
  /** The image's id for the original, `id.variant` for a variant. */
  id: string;
  /** The part's key, encrypted under a master key; opaque to a store. */
  sealedKey: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
  ciphertext: Uint8Array;
}

/** One version of an image. Its parts share the token and are put, replaced and removed as one. */
export interface ImageVersion {
  id: string;
  token: number;
  /** The original first; at least one. */
  parts: readonly Part[];
}

/** What a store tells of a part without touching its ciphertext. */
export interface PartRecord {
  id: string;
  token: number;
  sealedKey: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
  /** Bytes of ciphertext. */
  size: number;
}

/** A part as read: record and ciphertext of the same version, never a mix. */
export interface StoredPart extends PartRecord {
  ciphertext: Uint8Array;
}

/** How much a store holds. */
export interface StoreUsage {
  /** Images, whatever their number of variants. */
  images: number;
  /** Bytes of ciphertext, of all parts. */
  bytes: number;
}

/** Something `check` found. `subject` is an image id or a store's own name for a leftover. */
export interface StoreProblem {
  kind: 'ciphertext-missing' | 'ciphertext-damaged' | 'leftover';
  subject: string;
}

/**
 * The one contract that storage must meet. Encryption, keys, proofs and HTTP stand above it and never know which store
 * they have; the suite in `pixstore/testing` says what each line means and runs on every store.
 *
 * A store gets ids that were checked against the grammar, keeps bytes as they are, and throws `PixstoreError`s.
 */
export interface ImageStore {
  readonly supports: {
    /** `record`, `records`, `masterKeyIds` and `lastRemovedToken` answer without a promise. */
    syncRecords: boolean;
    /** What was put is there again after `close` and reopening. */
    persistence: boolean;
  };

  /**
   * Keeps a version in place of the one with `expectedToken` (null: there must be none). Atomic, and durable once it
   * resolves. Readers see the old version whole or the new one whole, also after a crash at any instruction.
   *
   * @returns false, and nothing changed, when another token is stored than the expected one, or when an image would be
   * born with a token that is not above `lastRemovedToken()`
   */
  put(version: ImageVersion, expectedToken: number | null): Promise<boolean>;

  /** A part with its ciphertext; a variant's id reads that variant. */
  read(id: string): Promise<StoredPart | null>;

  /** A part without its ciphertext. The object is not to be changed: it may be given again while it is true. */
  record(id: string): MaybePromise<PartRecord | null>;

  /** Many parts without ciphertext, in the order asked for. */
  records(ids: readonly string[]): MaybePromise<(PartRecord | null)[]>;

  /** Removes an image with all its parts, and destroys their sealed keys. @returns whether it was there */
  remove(id: string): Promise<boolean>;

  /** Ids of images (not of variants) in ascending order of their bytes, after `after` when given. */
  list(prefix?: string, after?: string): AsyncIterable<string>;

  /**
   * Replaces the sealed key of one part, when the stored token is still `token`. The image stays the same version: this
   * is how a master key is replaced.
   */
  reseal(id: string, token: number, sealedKey: Uint8Array): Promise<boolean>;

  /**
   * The highest token any removed image had, 0 for none. Tokens of new images start above it, so that an id which is
   * removed and used again never has the same token twice, even when the clock was set back.
   */
  lastRemovedToken(): MaybePromise<number>;

  /** Ids of the master keys that sealed something here. A store whose keys are not all at hand must not be opened. */
  masterKeyIds(): MaybePromise<string[]>;

  /** Remembers, durably, that a master key is in use here. Saying it again does nothing. */
  noteMasterKey(keyId: string): MaybePromise<void>;

  /** How much is stored. Costs the same whatever that is. */
  usage(): MaybePromise<StoreUsage>;

  /** Looks for records without ciphertext and ciphertext without records. Changes nothing. */
  check(): Promise<StoreProblem[]>;

  /** Removes what crashes left behind: ciphertext that no record names. @returns how many pieces */
  sweep(): Promise<number>;

  /** Waits for what is under way, then lets go of files and connections. Every later call fails. */
  close(): Promise<void>;
}

/** What every store throws once it was closed. */
export function storeClosed(): PixstoreError {
  return new PixstoreError('STORE_CLOSED', 'This store was closed. Open it again to go on.');
}
