import type { FolderKey, PartRecord } from '../../stores/port.js';
import type { OpenedKeys } from './opened-keys.js';

/** A part that is to be copied, with the folder key that it names. */
export interface CopiedPart extends PartRecord {
  /**
   * Its ciphertext.
   *
   * @returns null when there is another version by now, or none
   * @throws PixstoreError `CIPHERTEXT_MISSING`
   */
  read(): Promise<Uint8Array | null>;
}

/** A version of an image that is to be copied. */
export interface CopiedImage {
  id: string;
  token: number;
  /** The original first. */
  parts: readonly CopiedPart[];
}

/** What is copied into a store: another store, which may go on being written, or a backup of one. */
export interface CopySource {
  /** What opens its parts. */
  keys: OpenedKeys;
  /** 32 hex digits. */
  storeId: string;

  /** Its images, some at a time. Those of one batch may come in any order. */
  batches(): AsyncIterable<readonly CopiedImage[]>;

  /** The same image once more; null when it is gone. */
  again(id: string): Promise<CopiedImage | null>;

  /** Ids of all its images, in ascending order of their bytes. */
  ids(): AsyncIterable<string>;

  /** The latest key of a folder; null, or one that is destroyed, when nothing of the folder is left. */
  folderKey(folder: string): Promise<FolderKey | null>;

  /** All keys of folders that are not destroyed, some at a time. */
  folderKeys(): AsyncIterable<readonly FolderKey[]>;

  /** How many images there are, about. */
  count(): Promise<number>;

  lastRemovedToken(): Promise<number>;
}

/** An image, or a variant of one, that was not copied, and why. */
export interface CopyFailure {
  /** Of a variant joined: `cats:tom.thumb`. Of a backup also the name of a piece that cannot be read. */
  id: string;
  error: Error;
}
