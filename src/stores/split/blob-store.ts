/** A blob that is being read. It can be read to its end also after it was removed. */
export interface OpenBlob {
  /** Bytes. */
  readonly size: number;
  /**
   * Its bytes, whole and in order, in pieces of any size that are the caller's to keep. Asked for once. One that cannot go
   * on throws.
   */
  chunks(): AsyncIterable<Uint8Array>;
  /** Lets go of it, also while it is read; waits for reads under way. May be called again. */
  close(): Promise<void>;
}

/**
 * What keeps ciphertexts that are too large for rows: a folder, an object store. Blobs are written once and never changed;
 * names are pieces of `a-z`, `0-9` and `-` with a `/` between them, at most 128 characters, and never used twice; none is
 * another one's beginning up to a `/`, so pieces may be folders. The suite `blobStoreSuite` of `pixstore/testing` says what
 * each line means. It should throw `PixstoreError`s; what else it throws, callers see as the `cause` of `STORAGE_FAILED`.
 */
export interface BlobStore {
  /**
   * Keeps a new blob. Once this resolves it is durable, and whoever asks finds it whole, also in `list`; nobody ever finds a
   * part of it. One that fails may have kept it all the same, or may yet, but not after an hour.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;

  /** @returns its bytes, not to be changed; null when there is none, or it does not have so many */
  read(name: string, size: number): Promise<Uint8Array | null>;

  /** For blobs that should not be in memory all at once. @returns null when there is none */
  open(name: string): Promise<OpenBlob | null>;

  /** @returns its length in bytes; null when there is none */
  size(name: string): Promise<number | null>;

  /** Removes a blob, if it is there. */
  remove(name: string): Promise<void>;

  /**
   * Names that begin with `prefix` and come after `after`, ascending by their bytes. Of what is written or removed
   * meanwhile, some may be there and some not.
   */
  list(prefix: string, after?: string): AsyncIterable<string>;

  /** Called once, when nothing is under way any more. */
  close?(): Promise<void>;
}
