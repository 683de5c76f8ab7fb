import { CommanderError } from 'commander';
import { PixstoreError } from '../backend/index.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { type Failure, failureOf, NotOpened } from './failures.js';
import { jsonText, printable } from './format.js';
import { createProgram } from './program.js';
import { createScreen } from './screen.js';
import type { Surroundings } from './surroundings.js';

/**
 * Runs a command line. Whatever happens, it ends with an exit code, and with at most one line that says why.
 *
 * @param words - what stands behind `pixstore`
 */
export async function main(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const screen = createScreen(surroundings);
  const { program, ended } = createProgram(surroundings, screen);
  const flag = (name: string) => program.opts()[name] === true;
  try {
    await program.parseAsync(words, { from: 'user' });
    return ended.exitCode;
  } catch (error) {
    const failure = error instanceof CommanderError ? usageOf(error) : failureOf(error, surroundings.signal);
    if (failure.message) {
      const { code, message } = failure;
      if (flag('json')) screen.line(jsonText({ error: { code, message } }));
      else screen.line(`${screen.style('red', 'pixstore:')} ${printable(message)} (${code})`);
      if (flag('verbose')) screen.line(stackOf(error).split('\n').map(printable).join('\n'));
    }
    return failure.exitCode;
  } finally {
    await screen.end();
  }
}

/** Help that was asked for ends by such an error, too. */
function usageOf({ exitCode, code, message }: CommanderError): Failure {
  if (exitCode === 0) return { exitCode: exitCodes.done };
  if (code === 'commander.help') return { exitCode: exitCodes.usage }; // all of it was shown, since nothing was said
  // Commander says "error: unknown option '--frob'", at times with a second line.
  const sentence = message.replace(/^error: (.)/, (_, first: string) => first.toUpperCase()).replace(/\n/g, '. ');
  const error = new PixstoreError('COMMAND_INVALID', `${sentence.replace(/\.$/, '')}.`);
  return { exitCode: exitCodes.usage, code: error.code, message: error.message };
}

function stackOf(error: unknown): string {
  const { stack, cause } = (error instanceof NotOpened ? error.cause : error) as Error;
  return `${stack}${cause ? `\ncaused by ${stackOf(cause)}` : ''}`;
}
