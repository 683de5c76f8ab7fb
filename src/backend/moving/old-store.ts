/** What a row of pixstore 3.x says, not believed yet: anything may stand there. */
export interface OldRow {
  id?: unknown;
  /** As digits. */
  token?: unknown;
  /** JSON of key, iv and tag. */
  meta?: unknown;
}

/** A store of pixstore 3.x, to be read only. Ids that are asked for were checked against the grammar. */
export interface OldStore {
  /** How many rows there are. */
  count: number;
  rows(): AsyncIterable<OldRow>;
  /** The row of an image, as it is now. */
  row(id: string): OldRow | null;
  /** Bytes of the file of an image; null when there is none. */
  size(id: string): Promise<number | null>;
  /** The ciphertext of an image; null when there is none. */
  ciphertext(id: string): Promise<Uint8Array | null>;
  /** Files that no row names, as they are called in the folder. */
  filesWithoutRow(): AsyncIterable<string>;
  close(): Promise<void>;
}
