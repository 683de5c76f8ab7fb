import { createInterface } from 'node:readline/promises';
import { PixstoreError } from '../backend/index.js';
import type { Surroundings } from './surroundings.js';

/**
 * Asks on the terminal. Only the whole word `yes` is one.
 *
 * @throws PixstoreError `COMMAND_INVALID` where nobody can be asked; what the signal aborts with
 */
export async function confirm(question: string, { stdin, stderr, signal }: Surroundings): Promise<boolean> {
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new PixstoreError(
      'COMMAND_INVALID',
      'This cannot be undone, and there is no terminal to ask on. Say --yes if it is meant.',
    );
  }
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    return (await terminal.question(`${question} Type "yes" to go on: `, { signal })).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
