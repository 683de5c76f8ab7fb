import type { ExpectedToken } from '../port.js';
import type { PartRow } from './row.js';

/**
 * One change to the database. Plain data, so that it can go to another thread. The session of `replace` is the one its
 * blobs were written in, if it has any.
 */
export type Command =
  | {
      kind: 'replace';
      id: string;
      token: number;
      expectedToken: ExpectedToken;
      rows: PartRow[];
      session?: string | null;
    }
  | { kind: 'remove'; id: string }
  | { kind: 'reseal'; id: string; token: number; sealedKey: Uint8Array }
  | { kind: 'note-master-key'; keyId: string }
  | { kind: 'begin-session'; session: string; begun: number }
  | { kind: 'end-sessions'; sessions: string[]; ended: number }
  | { kind: 'forget-session'; session: string }
  | { kind: 'forget-blobs'; files: string[] }
  | { kind: 'adopt'; epoch: number; nonce: string; sessions: string[]; at: number };

/** What became of a command. */
export type Outcome =
  /** Done; these blobs are named by no row any more, and noted as given up until they are forgotten. */
  | { kind: 'done'; released: string[] }
  /** Nothing was changed: another version is stored than the command expected. */
  | { kind: 'refused' }
  /** Nothing was changed: the session that the version's blobs were written in was ended. */
  | { kind: 'session-ended' }
  /** `uncertain`: the commit itself failed, and a crash might yet bring its rows back. */
  | { kind: 'failed'; error: unknown; uncertain: boolean };
