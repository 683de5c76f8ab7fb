import type { Failure } from './failures.js';

/**
 * What a driver does for an object store: one request each, which is tried again by whoever calls it. Keys are whole names of
 * objects. A request ends when its signal says so, also while its body is read.
 */
export interface ObjectStore {
  /**
   * Keeps an object, whole or not at all; where the object store has conditional writes, only when there is none.
   *
   * @param writtenAs - what `Download.writtenAs` is to say, where the object store keeps such
   * @returns `exists` when there is one already; `unconfirmed` when the answer does not show that it was kept
   */
  put(
    key: string,
    bytes: Uint8Array,
    writtenAs: string,
    signal: AbortSignal,
  ): Promise<'kept' | 'exists' | 'unconfirmed'>;

  /** @param from - the first byte that is wanted. @returns null when it is said that there is none */
  get(key: string, from: number, signal: AbortSignal): Promise<Download | null>;

  /** @returns its length in bytes; null when it is said that there is none */
  size(key: string, signal: AbortSignal): Promise<number | null>;

  /** Removes an object, if it is there. */
  remove(key: string, signal: AbortSignal): Promise<void>;

  /** @param after - names up to this one may be left out, where the object store can do that */
  list(prefix: string, after: string, cursor: string | undefined, signal: AbortSignal): Promise<Page>;

  /** Why did a request fail? */
  failureOf(error: unknown): Failure;
}

/** The answer to a request for an object. */
export interface Download {
  /** Bytes of the body: from the one that was asked for up to the end. */
  size: number;
  /** Under which name it was put, where the object store says so. */
  writtenAs: string | undefined;
  body: AsyncIterable<Uint8Array>;
}

/** Some keys, in the order of their bytes. */
export interface Page {
  keys: string[];
  /** For the next page; undefined when this is the last one. */
  cursor: string | undefined;
}
