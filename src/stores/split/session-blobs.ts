import type { MaybePromise } from '../port.js';
import type { OpenBlob } from './blob-store.js';

/**
 * The blobs of one store, by the names that its rows have: `<session>/<blob>`. Where they lie, and that other stores may
 * share the place, is known here only.
 */
export interface SessionBlobs {
  /** Makes ready for blobs of a session, which the rows know already. */
  makeSession(session: string): Promise<void>;
  /** Undoes that when it has failed. @returns false when it may come about yet: the session stays known then */
  unmakeSession(session: string): Promise<boolean>;
  /** Keeps a new blob durably. @returns its name */
  write(session: string, bytes: Uint8Array): Promise<string>;
  /** @returns null when there is none, or it does not have so many bytes */
  read(name: string, size: number): Promise<Uint8Array | null>;
  /** @returns null when there is none */
  open(name: string): Promise<OpenBlob | null>;
  /** @returns its length in bytes, or null when there is none */
  size(name: string): Promise<number | null>;
  remove(name: string): Promise<void>;
  /** What was written in a session: names of blobs, and what a crash left of one. Some may be removed meanwhile. */
  list(session: string): AsyncIterable<string>;
  /**
   * What lies among them and is none of this store's: sessions that it does not know, and what else others have put there.
   * Some of it may be gone again.
   */
  foreign(isKnown: (session: string) => MaybePromise<boolean>): AsyncIterable<string>;
  /** Removes what was made for a session. @returns false when it cannot be told to stay empty: it stays known then */
  removeSession(session: string): Promise<boolean>;
}
