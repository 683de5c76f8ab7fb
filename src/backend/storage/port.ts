import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { MaybePromise } from '../../shared/maybe-promise.js';

export type { MaybePromise };

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

/**
 * What a version that is put takes the place of: the version with this token, none (null), or any whose token is lower
 * than its own (`older`), for who need not know which one that is.
 */
export type ExpectedToken = number | 'older' | null;

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

/** A chunk of an opened part has at most so many bytes. */
export const maxChunkBytes = 64 * 1024;

/**
 * A part whose ciphertext is handed out piece by piece, to those who pass it on more slowly than it can be read. It
 * stays the version it was when it was opened, whatever becomes of the image meanwhile.
 *
 * Close it whatever happens, also when nothing was read: it may hold a file open.
 *
 * @example
 * const part = await store.open(id);
 * try {
 *   for await (const chunk of part.chunks()) await send(chunk);
 * } finally {
 *   await part.close();
 * }
 */
export interface OpenedPart extends PartRecord {
  /** The ciphertext, not to be changed, when it is in memory as a whole; then there is nothing to close. */
  ciphertext?: Uint8Array;
  /**
   * The ciphertext, whole and in order; every chunk is the caller's to keep. To be asked for once. The part is closed
   * when the iteration ends, early or not. One that cannot go on throws: it never ends before all bytes were given.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** Lets go of what is held. May be called at any time, and again; never fails. */
  close(): Promise<void>;
}

/** How much a store holds. */
export interface StoreUsage {
  /** Images, whatever their number of variants. */
  images: number;
  /** Bytes of ciphertext, of all parts. */
  bytes: number;
}

/**
 * Something `check` found. `subject` is an image id, a store's own name for a leftover, or, when the store may be an old
 * copy and removes nothing until it is adopted, its name for itself.
 */
export interface StoreProblem {
  kind: 'ciphertext-missing' | 'ciphertext-damaged' | 'leftover' | 'not-adopted';
  subject: string;
}

/** How a store is. */
export interface StoreHealth {
  /** `degraded`: it works, and something wants to be looked at. `failed`: images cannot be saved, or not be read. */
  status: 'ok' | 'degraded' | 'failed';
  /** A sentence each: what is wrong, and what to do. */
  problems: string[];
}

/** What a backup holds, once it was opened and checked. */
export interface BackupReport extends StoreUsage {
  /** What is missing or damaged in the store as well; all else is in the backup. */
  problems: StoreProblem[];
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
   * Keeps a version in place of the one with `expectedToken`. Atomic, and durable once it resolves. Readers see the old
   * version whole or the new one whole, also after a crash at any instruction.
   *
   * @returns false, and nothing changed, when what is stored is not the expected version, or when an image would be born
   * with a token that is not above `lastRemovedToken()`
   */
  put(version: ImageVersion, expectedToken: ExpectedToken): Promise<boolean>;

  /**
   * A part with its ciphertext; a variant's id reads that variant. Without a promise where the store has it at hand:
   * then it throws, too, instead of rejecting.
   */
  read(id: string): MaybePromise<StoredPart | null>;

  /**
   * The same, with the ciphertext to be read in pieces. For ciphertexts that should not be in memory all at once.
   *
   * @param wholeUpTo - ciphertexts of so many bytes had better be read as a whole. Default: 0
   */
  open(id: string, wholeUpTo?: number): MaybePromise<OpenedPart | null>;

  /**
   * A part without its ciphertext. The object is not to be changed: it may be given again while it is true.
   *
   * @param recent - what was true at any moment of this turn of the event loop will do, which may be cheaper to tell
   */
  record(id: string, recent?: boolean): MaybePromise<PartRecord | null>;

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

  /**
   * Removes what crashes left behind: ciphertext that no record names. Of what it does not know whose it is, and while
   * the store is not adopted, it removes nothing.
   *
   * @param options - `all`: also when there is more than a crash explains
   * @returns how many pieces
   */
  sweep(options?: { all?: boolean }): Promise<number>;

  /** How it is, at the cost of a few look-ups. Left out by stores that cannot be other than well. */
  health?(): MaybePromise<StoreHealth>;

  /**
   * Copies all that is stored into a new folder, while it goes on, and verifies the copy. Left out by stores that are
   * backed up by other means.
   *
   * @throws PixstoreError `BACKUP_FAILED`
   */
  backup?(folder: string): Promise<BackupReport>;

  /**
   * Says that this is the right one of several copies of a store: from now on it alone may change what they share. Left
   * out by stores that cannot be copied.
   */
  adopt?(): Promise<void>;

  /**
   * Waits for what is under way, then lets go of files and connections. Every later call fails. It does not wait for
   * opened parts to be read: they are closed, or go on to their end if the store has no more to do for them.
   */
  close(): Promise<void>;
}

/** @param current - the token of the version that is stored; null when there is none */
export function isExpected(current: number | null, expected: ExpectedToken, newToken: number): boolean {
  return expected === 'older' ? current !== null && current < newToken : current === expected;
}

/** For stores that have the ciphertext in memory anyway: its chunks are views of it. */
export function openInMemory(part: StoredPart): OpenedPart {
  const { ciphertext } = part;
  return {
    ...part,
    async *chunks() {
      for (let at = 0; at < ciphertext.length; at += maxChunkBytes) yield ciphertext.subarray(at, at + maxChunkBytes);
    },
    close: async () => {},
  };
}

/** What every store throws once it was closed. */
export function storeClosed(): PixstoreError {
  return new PixstoreError('STORE_CLOSED', 'This store was closed. Open it again to go on.');
}
