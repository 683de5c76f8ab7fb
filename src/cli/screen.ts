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
  let isUnread = false;
  const isTerminal = stderr.isTTY === true && env.TERM !== 'dumb';

  stdout.on('error', (error: NodeJS.ErrnoException) => {
    isUnread = true;
    if (error.code !== 'EPIPE') line(`pixstore: The results cannot be written (${error.code}).`);
  });
  stderr.on('error', () => {}); // nobody is left to be told

  function write(sink: Sink, text: string): Promise<void> {
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

    /** A line of the results. @throws Unread */
    async result(text: string): Promise<void> {
      if (isUnread) throw new Unread();
      if (stdout.isTTY) clear();
      await write(stdout, `${text}\n`);
      if (stdout.isTTY && status) stderr.write(status);
      if (isUnread) throw new Unread();
    },

    /** Results that are bytes. @throws Unread */
    async bytes(bytes: Uint8Array): Promise<void> {
      await new Promise<void>((resolve) => void stdout.write(bytes, () => resolve()));
      if (isUnread) throw new Unread();
    },

    /** All is written. */
    async end(): Promise<void> {
      this.status('');
      if (!isUnread) await write(stdout, '');
      await write(stderr, '');
    },
  };
}

export type Screen = ReturnType<typeof createScreen>;
