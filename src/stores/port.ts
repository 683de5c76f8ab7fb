import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { MaybePromise } from '../shared/maybe-promise.js';

export type { MaybePromise };

/** One ciphertext to be kept, with what opens it. Every part has a key of its own. */
export interface Part {
  /** Undefined for the original. */
  variant?: string | undefined;
  /** The part's key and what is known of the picture, encrypted. A store reads of it only {@link generationOf}. */
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
  /** What its folder may hold with it. Default: anything. */
  quota?: Quota | undefined;
}

/** What a folder may hold; what is left out has no limit. */
export interface Quota {
  /** Images, whatever their number of variants. */
  images?: number | undefined;
  /** Bytes of ciphertext, of all parts. */
  bytes?: number | undefined;
}

/**
 * What a version that is put takes the place of: the version with this token, none (null), or any whose token is lower
 * than its own (`older`), for who need not know which one that is.
 */
export type ExpectedToken = number | 'older' | null;

/** Which part: of an image the original, or the variant of this name. */
export interface PartName {
  id: string;
  variant?: string | undefined;
}

/** A part's key, and what it opens with. */
export type SealedKey = Pick<PartRecord, 'id' | 'variant' | 'token' | 'sealedKey' | 'folderKey'>;

/** A part's key, sealed anew. */
export interface Resealed extends PartName {
  token: number;
  sealedKey: Uint8Array;
}

/** What a store tells of a part without touching its ciphertext. */
export interface PartRecord {
  /** The image's. */
  id: string;
  /** Undefined for the original. */
  variant: string | undefined;
  token: number;
  sealedKey: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
  /** Bytes of ciphertext. */
  size: number;
  /** What `sealedKey` opens with; null when it names none (see {@link generationOf}). */
  folderKey: FolderKey | null;
}

/**
 * The key of a folder, or of all images without one (`''`): what the keys of its images are sealed with. A folder gets
 * another one, of the next generation, when many images were sealed with the last, after a leak, and when it is used
 * again after it was erased.
 */
export interface FolderKey {
  folder: string;
  /** 1, 2, 3 and so on. None is ever used twice. */
  generation: number;
  /** The key, encrypted under a key of the store; null when it was destroyed, and with it all that it opened. */
  wrapped: Uint8Array | null;
  /** About how many keys were sealed with it. */
  sealed: number;
}

/** The store's own keys, wrapped: what opens the keys of its folders. A store keeps it as one piece. */
export interface KeyRing {
  /** 1, then one more with every change. */
  version: number;
  bytes: Uint8Array;
}

/**
 * Which moment an answer is true of: `now`, the default, or any of this turn of the event loop, whichever is cheapest to
 * tell. For who answers many requests that were all on their way before the turn began.
 */
export type AsOf = 'now' | 'this-turn';

/** How a part is opened. */
export interface OpenOptions {
  /** Ciphertexts of at most so many bytes had better be in memory as a whole. Default: 0, all are given in pieces. */
  inMemoryUpTo?: number;
  /** What `find` has just given: its ciphertext is opened without another look-up, if it is still where it was. */
  found?: PartRecord | undefined;
}

/** A part with its whole ciphertext. */
export interface StoredPart extends PartRecord {
  ciphertext: Uint8Array;
}

/** A part that a walk came by. */
export interface ListedPart extends PartName {
  /** As `find` gives it; left out when it changed in this very moment, and is to be opened anew. */
  found?: PartRecord & Partial<StoredPart>;
  /** Why it cannot be read: a `PixstoreError`. */
  error?: Error;
}

/** A chunk of an opened part has at most so many bytes. */
export const maxChunkBytes = 64 * 1024;

/**
 * A part whose ciphertext is handed out piece by piece, to those who pass it on more slowly than it can be read. Record
 * and ciphertext are of the same version, never a mix: the one that was opened, whatever becomes of the image meanwhile.
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
  kind: 'ciphertext-missing' | 'ciphertext-damaged' | 'leftover' | 'foreign' | 'not-adopted';
  subject: string;
  /** Of a leftover: there are more of them than a crash explains, so that only `sweep({ all: true })` removes it. */
  onlyAll?: true;
}

/** How leftovers are gone through. */
export interface LeftoverOptions {
  /** Remove each before it is given, as `sweep` does. Default: false, nothing is changed. */
  remove?: boolean;
  /** With `remove`: also when there is more than a crash explains. */
  all?: boolean;
  /** Without `remove`: also what lies there and is none of this store's, as `foreign`. Nobody removes that. */
  foreign?: boolean;
}

/** How parts are looked after. */
export interface MissingOptions {
  /** Called before each is looked after, and waited for: it counts, takes its time, or throws to end it. */
  onPart?(): MaybePromise<void>;
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
    /**
     * `record`, `records`, `version`, `keyRing`, `folderKey` and `lastRemovedToken` answer without a promise, once the store
     * is open: the first call of a store that opens itself may have to wait.
     */
    syncRecords: boolean;
    /** What was put is there again after `close` and reopening. */
    persistence: boolean;
    /** Keeps quotas, exactly, whoever else puts at the same moment; and has `folderUsage`. Default: false. */
    quotas?: boolean;
  };

  /**
   * Keeps a version in place of the one with `expectedToken`. Atomic, and durable once it resolves. Readers see the old
   * version whole or the new one whole, also after a crash at any instruction.
   *
   * @returns false, and nothing changed, when what is stored is not the expected version, when an image would be born
   * with a token that is not above `lastRemovedToken()`, or when a part names a generation that is not the latest of its
   * folder, or is destroyed
   * @throws PixstoreError `QUOTA_EXCEEDED`, and nothing changed, when its folder would hold more than before, and more
   * than the quota
   */
  put(version: ImageVersion, expectedToken: ExpectedToken): Promise<boolean>;

  /**
   * Adds those of the parts that the version with this token does not have; what it has stays as it is. Atomic and
   * durable as `put`.
   *
   * @returns the variants that were added; null, and nothing changed, when another version is stored or none, or when a
   * part names a generation as `put` refuses it
   * @throws PixstoreError `QUOTA_EXCEEDED` as `put`
   */
  addParts(id: string, token: number, parts: readonly Part[], quota?: Quota): Promise<string[] | null>;

  /**
   * A part with its ciphertext, to be read in pieces or as a whole. Without a promise where the store has it at hand: then
   * it throws, too, instead of rejecting.
   */
  open(id: string, variant?: string, options?: OpenOptions): MaybePromise<OpenedPart | null>;

  /**
   * A part, with its ciphertext where that is beside the record: for who looks up many parts in one turn of the loop, and
   * then opens those that are elsewhere, some at a time (`OpenOptions.found`). Left out by stores that gain nothing by it.
   */
  find?(id: string, variant?: string): MaybePromise<(PartRecord & Partial<StoredPart>) | null>;

  /**
   * A part without its ciphertext; null also when the key of its folder that it names was destroyed, in whatever process.
   * The object is not to be changed: it may be given again while it is true.
   */
  record(id: string, variant?: string, asOf?: AsOf): MaybePromise<PartRecord | null>;

  /** Many parts without ciphertext, in the order asked for. */
  records(parts: readonly PartName[]): MaybePromise<(PartRecord | null)[]>;

  /** All parts of an image without ciphertext, the original first; none when there is no such image. */
  version(id: string): MaybePromise<PartRecord[]>;

  /** Removes an image with all its parts, and destroys their sealed keys. @returns whether it was there */
  remove(id: string): Promise<boolean>;

  /** Ids of images (not of variants) in ascending order of their bytes, after `after` when given. */
  list(prefix?: string, after?: string): AsyncIterable<string>;

  /**
   * All parts of all images, some at a time, in no order, while others write: for who reads all that there is. Left out by
   * stores that gain nothing by it.
   */
  parts?(): AsyncIterable<readonly ListedPart[]>;

  /** The sealed keys of all parts of all images, at most 1,000 at a time, in no order, while others write. */
  sealedKeys(): AsyncIterable<readonly SealedKey[]>;

  /**
   * Replaces sealed keys, each when the part's stored token is still the one that is named, and the new key names the
   * latest generation of its folder. Images stay the same version. Durable as `put`.
   *
   * @returns how many were replaced
   */
  reseal(changes: readonly Resealed[]): Promise<number>;

  /**
   * The highest token any removed image had, 0 for none. Tokens of new images start above it, so that an id which is
   * removed and used again never has the same token twice, even when the clock was set back.
   */
  lastRemovedToken(): MaybePromise<number>;

  /** What `putKeyRing` was given last; null when there is none yet. The same object until it is replaced. */
  keyRing(): MaybePromise<KeyRing | null>;

  /**
   * Keeps a key ring in place of the one with this version. Atomic and durable as `put`; of the one before, nothing is
   * left that the store has a say in.
   *
   * @param expectedVersion - 0: there is none
   * @returns false, and nothing changed, when another version is stored
   */
  putKeyRing(bytes: Uint8Array, expectedVersion: number): Promise<boolean>;

  /**
   * Ids of the master keys that sealed images by themselves, in data of pixstore's first schemas; left out by stores
   * that have none.
   */
  masterKeyIds?(): MaybePromise<string[]>;

  /**
   * The latest key of a folder, destroyed or not; null when it never had one. What was true at any moment of this turn
   * of the event loop will do: `put` refuses what is sealed with a key before it.
   */
  folderKey(folder: string): MaybePromise<FolderKey | null>;

  /** The keys of all folders that are not destroyed, some at a time, in no order, while others write. */
  folderKeys(): AsyncIterable<readonly FolderKey[]>;

  /**
   * Gives a folder its next key.
   *
   * @param ringVersion - the version of the key ring that it was wrapped by
   * @returns false, and nothing changed, when the generation is not the next one, or another key ring is stored
   */
  addFolderKey(key: { folder: string; generation: number; wrapped: Uint8Array }, ringVersion: number): Promise<boolean>;

  /** Destroys keys of folders: nothing of them is left that the store has a say in, and what names them is not there any more. */
  destroyFolderKeys(keys: readonly { folder: string; generation: number }[]): Promise<void>;

  /**
   * Removes all images of a folder: first, in one commit, its keys, from which on no process gives any of them; then the
   * rest. What a crash keeps from being removed goes when the store is opened or swept. The folder can be used again at
   * once.
   *
   * @returns how many images were removed
   */
  eraseFolder(folder: string): Promise<number>;

  /** How much is stored. Costs the same whatever that is. */
  usage(): MaybePromise<StoreUsage>;

  /**
   * The same of one folder, `''` for images without one. Nothing is left of one that was erased, from the first step on.
   * Left out by stores that keep no quotas.
   */
  folderUsage?(folder: string): MaybePromise<StoreUsage>;

  /** Looks for records without ciphertext and ciphertext without records: {@link missing} and {@link leftovers}. */
  check(): Promise<StoreProblem[]>;

  /**
   * Parts whose ciphertext is not there or has another length, one after the other, with what memory a few take. Of those
   * that lie in a place of their own: what is in the rows is there with them. Nothing is read of it.
   */
  missing(options?: MissingOptions): AsyncIterable<StoreProblem>;

  /**
   * What crashes left behind, one after the other, with what memory a few take; first, where that is so, that nothing is
   * removed until the store is adopted. Ended early, what was removed is removed.
   */
  leftovers(options?: LeftoverOptions): AsyncIterable<StoreProblem>;

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
   * Says that this is the right one of several copies of a store: from now on the others remove nothing of what they share,
   * and soon keep nothing there either. Left out by stores that cannot be copied.
   */
  adopt?(): Promise<void>;

  /**
   * Waits for what is under way, then lets go of files and connections. Every later call fails. It does not wait for
   * opened parts to be read: they are closed, or go on to their end if the store has no more to do for them.
   */
  close(): Promise<void>;
}

/**
 * Which generation of its folder's key a sealed key was sealed with; null when it says none: those of pixstore's first
 * schemas were sealed with a master key.
 *
 * ```text
 * version 2 (1 byte) | generation (4, little-endian) | what is encrypted
 * ```
 */
export function generationOf(sealedKey: Uint8Array): number | null {
  if (sealedKey[0] !== 2 || sealedKey.length < shortestSealedKey) return null;
  return new DataView(sealedKey.buffer, sealedKey.byteOffset).getUint32(1, true);
}

/** Version, generation, IV, key, format with width and height, tag. */
const shortestSealedKey = 1 + 4 + 12 + 32 + 9 + 16;

/** Is it the same key ring, though maybe read at another time? */
export function isSameRing(one: KeyRing | null, other: KeyRing | null): boolean {
  if (one === other || !one || !other) return one === other;
  const isAsLong = one.version === other.version && one.bytes.length === other.bytes.length;
  return isAsLong && one.bytes.every((byte, index) => byte === other.bytes[index]);
}

/** @param current - the token of the version that is stored; null when there is none */
export function isExpected(current: number | null, expected: ExpectedToken, newToken: number): boolean {
  return expected === 'older' ? current !== null && current < newToken : current === expected;
}

/**
 * Would a folder hold more than it may? Only what makes it hold more than before is refused: one that holds too much
 * since its quota was lowered can still be made smaller.
 *
 * @param added - by the change; may be negative
 */
export function isOverQuota(usage: StoreUsage, added: StoreUsage, { images, bytes }: Quota): boolean {
  const isAbove = (used: number, more: number, most: number | undefined) =>
    most !== undefined && more > 0 && used + more > most;
  return isAbove(usage.images, added.images, images) || isAbove(usage.bytes, added.bytes, bytes);
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
