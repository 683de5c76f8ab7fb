import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type Sink = Writable & { isTTY?: boolean; columns?: number };

/** What a command finds around it: the process's own, or a test's. */
export interface Surroundings {
  stdin: Readable & { isTTY?: boolean };
  /** For results, and nothing else. */
  stdout: Sink;
  /** For what is told to people: progress, notes, errors. */
  stderr: Sink;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the command is to stop. */
  signal: AbortSignal;
  /** ms since 1970. */
  now(): number;
}
