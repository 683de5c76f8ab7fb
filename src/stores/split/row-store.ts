import type { MaybePromise } from '../../shared/maybe-promise.js';
import type { ExpectedToken, ImageStore, ListedPart, Part, PartRecord, Quota } from '../port.js';

/** A part as its row has it: with its ciphertext, or with the name of the blob that holds it. */
export interface RowPart extends Omit<Part, 'ciphertext'> {
  /** Bytes of ciphertext. */
  size: number;
  /** Null when it is in a blob. */
  ciphertext: Uint8Array | null;
  /** Null when the ciphertext is in the row. */
  blob: string | null;
}

/** Parts to be kept. */
export interface RowVersion {
  id: string;
  token: number;
  /** Of a version that is put the original first. */
  parts: readonly RowPart[];
  /** The session that their blobs were written in; null when there are none. */
  session: string | null;
  /** What their folder may hold with them. */
  quota?: Quota | undefined;
}

/** A part that was found, and its ciphertext or where that is. */
export interface FoundPart {
  /** May be an object that others were given as well: not to be changed. */
  record: PartRecord;
  ciphertext: Uint8Array | null;
  blob: string | null;
}

/** A part that a walk came by. */
export interface ListedRow extends Omit<ListedPart, 'found'> {
  found?: FoundPart;
}

/** What became of parts that were to be kept. */
export type KeepOutcome =
  | {
      kind: 'done';
      /** Blobs of the version before: no row names them any more, and they are noted as given up. */
      givenUp: readonly string[];
      /** Of `addParts`: the variants that were not there before. */
      added?: readonly string[];
    }
  /** Nothing was changed: another version is stored than the expected, or a key is not the latest any more. */
  | { kind: 'refused' }
  /** Nothing was changed: the folder would hold more than its quota allows. */
  | { kind: 'over-quota' }
  /** Nothing was changed: the session of the blobs was ended. */
  | { kind: 'session-ended' }
  /** `uncertain`: it may have been done all the same, or a crash may yet bring it about. */
  | { kind: 'failed'; error: unknown; uncertain: boolean };

/** A part in a blob. */
export interface PlacedPart {
  /** Joined: of a variant `id.variant`. */
  id: string;
  blob: string;
  size: number;
}

/** An erased folder: what its keys up to this generation opened is still to be removed. */
export interface Erasure {
  folder: string;
  generation: number;
}

/** Which store this is, as its rows say. */
export interface RowIdentity {
  /** 32 hexadecimal digits, made at random with the store. */
  id: string;
  /** 1, then one more with every adoption. */
  epoch: number;
  /** Have the blobs had our mark? Then they must have it. */
  isMarked: boolean;
  /** False: this may be an old copy, and nothing that others may still need is removed. */
  isAdopted: boolean;
  /**
   * Tells these rows from a copy of them that lies elsewhere, and is the same for all processes: what a database calls
   * itself, and what a dump does not take along. Null when nothing does; then a copy knows that it is one only once the
   * other has gone on to write, and may until then remove blobs that the other needs.
   */
  place: string | null;
}

/** A time in which one writer writes blobs; their names begin with its id. */
export interface SessionRow {
  /** 16 hexadecimal digits. */
  id: string;
  /** ms since 1970. */
  begun: number;
}

/** One after the other; whoever goes through them waits where there is something to wait for. */
export type Walk<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * What keeps the rows of a store: a database. With a `BlobStore`, {@link splitStore} makes an `ImageStore` of it; the order
 * in which both are written is its affair. The suite `rowStoreSuite` of `pixstore/testing` says what each line means.
 *
 * Methods of the same name as in `ImageStore` promise the same. Every change is atomic, and durable once it resolves; and
 * `record`, `find` and all others that read see it from then on, in whatever process. Walks go on while others change what
 * they walk through, and so may whoever walks. It should throw `PixstoreError`s; what else it throws, callers see as the
 * `cause` of `STORAGE_FAILED`.
 */
export interface RowStore
  extends Pick<
    ImageStore,
    | 'supports'
    | 'record'
    | 'records'
    | 'version'
    | 'list'
    | 'sealedKeys'
    | 'reseal'
    | 'lastRemovedToken'
    | 'keyRing'
    | 'putKeyRing'
    | 'masterKeyIds'
    | 'folderKey'
    | 'folderKeys'
    | 'addFolderKey'
    | 'destroyFolderKeys'
    | 'usage'
    | 'folderUsage'
  > {
  /** Ciphertexts up to so many bytes go into the rows themselves. */
  readonly inlineUpTo: number;

  /** A part with its ciphertext, or where that is; null when there is none, or the key that it names was destroyed. */
  find(id: string, variant?: string): MaybePromise<FoundPart | null>;

  /** All parts as `find` gives them, some at a time, as `ImageStore.parts` says. Left out where that costs as much. */
  parts?(): AsyncIterable<readonly ListedRow[]>;

  /**
   * Keeps a version as `ImageStore.put` does, in place of the one with `expectedToken`. It counts what was sealed with the
   * key of the folder, as `addParts` and `reseal` do: see `FolderKey.sealed`.
   */
  put(version: RowVersion, expectedToken: ExpectedToken): Promise<KeepOutcome>;

  /** Adds those parts that the version with this token does not have. */
  addParts(version: RowVersion): Promise<KeepOutcome>;

  /** Removes an image, and notes its blobs as given up. @returns the blobs that were given up with it; null when there was none */
  remove(id: string): Promise<readonly string[] | null>;

  /**
   * The first step of erasing a folder, in one commit: destroys all its keys, and notes that its images are to be removed.
   * From then on none of them is there, also of those whose keys name no generation; and none of such is taken any more.
   *
   * @returns false, and nothing changed, when the folder was never used
   */
  eraseKeys(folder: string): Promise<boolean>;

  /** Folders whose images are still to be removed. */
  erasures(): MaybePromise<readonly Erasure[]>;

  /**
   * Removes some of what the destroyed keys of a folder opened, from a part on, so that others need not wait for long; its
   * blobs are noted as given up in the same commit.
   *
   * @param after - joined id of the part that the last call ended with; at first the empty text
   * @returns how many images, the blobs given up, and the part to go on after: null when nothing is left
   */
  removeErased(
    folder: string,
    after: string,
  ): Promise<{ images: number; givenUp: readonly string[]; last: string | null }>;

  /** Notes that all is removed, unless the folder was erased again meanwhile. */
  endErasure(erasure: Erasure): Promise<void>;

  /** Does a row name this blob? */
  isBlobInUse(blob: string): MaybePromise<boolean>;

  /** Those of the blobs that neither a row names nor the list of those given up. */
  unnamedBlobs(blobs: readonly string[]): MaybePromise<readonly string[]>;

  /** Parts in blobs. */
  partsInBlobs(): Walk<PlacedPart>;

  /** Some of them, from anywhere: about so many, and at least one where there are any, to see whether their blobs are there. */
  sampleOfBlobs(count: number): MaybePromise<readonly PlacedPart[]>;

  /** Blobs that were given up, and that nobody has said to be gone. */
  givenUpBlobs(): Walk<string>;

  /** They are gone. It may wait for the next change. */
  forgetBlobs(blobs: readonly string[]): Promise<void>;

  beginSession(session: SessionRow): Promise<void>;
  /** Nothing that was written in them is committed any more. @param ended - ms since 1970 */
  endSessions(sessions: readonly string[], ended: number): Promise<void>;
  /** Nothing is left of it. */
  forgetSession(session: string): Promise<void>;
  hasSession(session: string): MaybePromise<boolean>;
  /** Sessions that nobody has ended, and that began at this time or before (ms since 1970). */
  openSessions(begunUntil: number): MaybePromise<readonly string[]>;
  endedSessions(): Walk<string>;
  /** The greatest id of those that are known; null when there is none. */
  latestSession(): MaybePromise<string | null>;

  identity(): MaybePromise<RowIdentity>;
  /** The blobs have our mark. */
  noteMarked(): Promise<void>;
  /** This may be an old copy: it is not adopted any more, unless it was with another epoch than this since. */
  doubt(epoch: number): Promise<void>;
  /**
   * Says that these are the right rows: with an epoch that is not below theirs they are marked and adopted, all sessions
   * are ended, and those of other copies are known from now on, as ended.
   */
  adopt(adoption: { epoch: number; sessions: readonly string[]; at: number }): Promise<void>;

  close(): Promise<void>;
}
