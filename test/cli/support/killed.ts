import { type RunOptions, startCli } from './run-cli.js';

/**
 * Runs a command until it ends by itself, and kills it before that, again and again: each time once it has said something
 * that it says ever later.
 *
 * @param said - what it says when it is to be killed for the nth time
 * @returns how often it was killed, and how it ended
 */
export async function killAndRunAgain(words: readonly string[], options: RunOptions, said: (time: number) => RegExp) {
  for (let kills = 0; ; kills += 1) {
    const { child, ended, said: hasSaid } = startCli(words, options);
    await hasSaid(said(kills)).then(
      () => child.kill('SIGKILL'),
      () => {}, // it came to its end before
    );
    const end = await ended;
    if (end.code !== null) return { kills, ...end };
  }
}
