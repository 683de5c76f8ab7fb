import type { ExpectedToken, Quota } from '../port.js';
import type { PartRow } from './row.js';

/**
 * One change to the database. Plain data, so that it can go to another thread. Ids of parts are joined (`id.variant`).
 * The session of `replace` and `add-parts` is the one their blobs were written in, if they have any.
 */
export type Command =
  | {
      kind: 'replace';
      id: string;
      token: number;
      expectedToken: ExpectedToken;
      rows: PartRow[];
      session?: string | null;
      quota?: Quota;
    }
  | { kind: 'add-parts'; id: string; token: number; rows: PartRow[]; session?: string | null; quota?: Quota }
  | { kind: 'remove'; id: string }
  | { kind: 'reseal'; keys: readonly { id: string; token: number; sealedKey: Uint8Array }[] }
  | { kind: 'put-key-ring'; bytes: Uint8Array; expectedVersion: number }
  | { kind: 'add-folder-key'; folder: string; generation: number; wrapped: Uint8Array; ringVersion: number }
  | { kind: 'destroy-folder-keys'; keys: readonly { folder: string; generation: number }[] }
  /** Final: no image of the folder is there any more. */
  | { kind: 'erase-keys'; folder: string }
  /** Removes some of what is left of an erased folder, the parts that come after this id. */
  | { kind: 'remove-erased'; folder: string; after: string }
  | { kind: 'end-erasure'; folder: string; generation: number }
  | { kind: 'begin-session'; session: string; begun: number }
  | { kind: 'end-sessions'; sessions: string[]; ended: number }
  | { kind: 'forget-session'; session: string }
  | { kind: 'forget-blobs'; files: string[] }
  /** The folder of blobs has our mark. */
  | { kind: 'note-marked' }
  /** This may be an old copy. */
  | { kind: 'doubt'; epoch: number }
  | { kind: 'adopt'; epoch: number; nonce: string; sessions: string[]; at: number };

/** What became of a command. */
export type Outcome =
  | Done
  /** Nothing was changed: another version is stored than the command expected, or a key is not the latest any more. */
  | { kind: 'refused' }
  /** Nothing was changed: the folder would hold more than its quota allows. */
  | { kind: 'over-quota' }
  /** Nothing was changed: the session that the version's blobs were written in was ended. */
  | { kind: 'session-ended' }
  /** `uncertain`: the commit itself failed, and a crash might yet bring its rows back. */
  | { kind: 'failed'; error: unknown; uncertain: boolean };

export interface Done {
  kind: 'done';
  /** Blobs that no row names any more; they are noted as given up until they are forgotten. */
  givenUp: string[];
  /** Of `add-parts`: joined ids of the parts that were not there before. */
  added?: string[];
  /** Of `reseal`: how many. */
  resealed?: number;
  /** Of `remove-erased`: how many images, and the id to go on after, null at the end. */
  erased?: { images: number; last: string | null };
}
