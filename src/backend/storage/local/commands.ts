import type { ExpectedToken } from '../port.js';
import type { PartRow } from './row.js';

/** One change to the database. Plain data, so that it can go to another thread. */
export type Command =
  | { kind: 'replace'; id: string; token: number; expectedToken: ExpectedToken; rows: PartRow[] }
  | { kind: 'remove'; id: string }
  | { kind: 'reseal'; id: string; token: number; sealedKey: Uint8Array }
  | { kind: 'note-master-key'; keyId: string };

/** What became of a command. */
export type Outcome =
  /** Done; these files are named by no row any more. */
  | { kind: 'done'; released: string[] }
  /** Nothing was changed: another version is stored than the command expected. */
  | { kind: 'refused' }
  /** `uncertain`: the commit itself failed, and a crash might yet bring its rows back. */
  | { kind: 'failed'; error: unknown; uncertain: boolean };
