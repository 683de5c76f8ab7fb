import type { Command, Outcome } from './commands.js';

/** Who changes the database. There is one per process and store; it runs batches in the order they come. */
export interface Writer {
  /** Which thread does the work. */
  readonly kind: 'thread' | 'inline';
  /** @throws what ended the writer, when it cannot say what became of the batch */
  run(commands: Command[]): Promise<Outcome[]>;
  close(): Promise<void>;
}
