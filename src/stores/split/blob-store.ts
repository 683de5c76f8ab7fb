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
 * names are text of `a-z`, `0-9`, `-` and `/`, at most 128 characters, and never used twice. The suite `blobStoreSuite` of
 * `pixstore/testing` says what each line means. It throws `PixstoreError`s.
 */
export interface BlobStore {
  /** Keeps a new blob. Once this resolves it is durable, and whoever asks finds it whole; until then nobody finds a part of it. */
  write(name: string, bytes: Uint8Array): Promise<void>;

  /** @returns null when there is none, or it does not have so many bytes */
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

  close?(): Promise<void>;
}
