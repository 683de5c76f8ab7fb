import { createInterface } from 'node:readline/promises';
import { PixstoreError } from '../backend/index.js';
import { Stopped } from './failures.js';
import type { Surroundings } from './surroundings.js';

/**
 * Asks on the terminal. Only the whole word `yes` is one.
 *
 * @throws PixstoreError `COMMAND_INVALID` where nobody can be asked; Stopped; what the signal aborts with
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
    const answer = await new Promise<string>((resolve, reject) => {
      // While it asks, the terminal gives Ctrl-C to this and makes no signal of it; Ctrl-D ends what can be said.
      terminal.on('SIGINT', () => reject(new Stopped()));
      terminal.on('close', () => resolve(''));
      terminal.question(`${question} Type "yes" to go on: `, { signal }).then(resolve, reject);
    });
    return answer.trim() === 'yes';
  } finally {
    terminal.close();
  }
}
