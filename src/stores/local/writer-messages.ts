import type { PackedCommands } from './packing.js';

/** What the thread that writes is told when it is started. */
export interface WorkerSettings {
  databasePath: string;
  busyTimeout: number;
  /** The folder of the store, in that of all blobs. Left out where blobs are elsewhere. */
  folder?: string;
}

export type ToWorker =
  | { kind: 'run'; packed: PackedCommands }
  | { kind: 'snapshot'; target: string }
  | { kind: 'close' };

/**
 * `Outcome[]` as JSON, which is cheaper to send than objects; a snapshot is answered as one command. The first message
 * says that the thread's program was loaded.
 */
export type FromWorker = string;

export const loaded: FromWorker = 'loaded';
