import { PixstoreError } from '../backend/index.js';
import { type StyleName, styled } from './style.js';
import type { Sink, Surroundings } from './surroundings.js';

/** Thrown once nobody reads the results any more. */
export class Unread extends Error {}

/**
 * The two streams, which may both be the same terminal: there a status line stands below all others, and is taken away
 * before anything is written.
 */
export function createScreen({ stdout, stderr, env }: Pick<Surroundings, 'stdout' | 'stderr' | 'env'>) {
  let status = '';
  let failure: Error | undefined;
  const isTerminal = stderr.isTTY === true && env.TERM !== 'dumb';

  stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error.code === 'EPIPE' ? new Unread() : resultsUnwritable(error);
  });
  stderr.on('error', () => {}); // nobody is left to be told

  function write(sink: Sink, text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => void sink.write(text, () => resolve()));
  }

  function clear(): void {
    if (status) stderr.write('\r\x1b[2K');
  }

  function line(text: string): void {
    clear();
    stderr.write(`${text}\n${status}`);
  }

  return {
    /** Can a line be written again and again? */
    isTerminal,
    /** Columns of that line. */
    columns: (): number => stderr.columns ?? 80,
    /** Text in a colour, where that is wanted. */
    style: (name: StyleName, text: string): string => styled(name, text, stderr, env),

    /** A line for people. */
    line,

    /** What stands below all lines until it is replaced; the empty text takes it away. */
    status(text: string): void {
      clear();
      status = text;
      stderr.write(text);
    },

    /** A line of the results. @throws Unread, PixstoreError `FILE_UNWRITABLE` */
    async result(text: string): Promise<void> {
      if (failure) throw failure;
      if (stdout.isTTY) clear();
      await write(stdout, `${text}\n`);
      if (stdout.isTTY && status) stderr.write(status);
      if (failure) throw failure;
    },

    /** Results that are bytes. @throws as `result` */
    async bytes(bytes: Uint8Array): Promise<void> {
      await write(stdout, bytes);
      if (failure) throw failure;
    },

    /** All is written. */
    async end(): Promise<void> {
      this.status('');
      if (!failure) await write(stdout, '');
      await write(stderr, '');
    },
  };
}

export type Screen = ReturnType<typeof createScreen>;

function resultsUnwritable(cause: NodeJS.ErrnoException): PixstoreError {
  return new PixstoreError('FILE_UNWRITABLE', `The results cannot be written (${cause.code}).`, { cause });
}
