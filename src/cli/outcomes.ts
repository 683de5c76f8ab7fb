import type { PixstoreError } from '../backend/index.js';
import type { Cli } from './cli.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { counted, countText, printable } from './format.js';

/** What became of one image, or one file, of many. */
export interface OneOfMany {
  outcome: string;
  error?: PixstoreError;
  done: number;
  total?: number;
}

export interface Reported<Item extends OneOfMany> {
  /** What is done, such as `migrate`. */
  label: string;
  /** What an item is called: an id, or the name of a file. */
  nameOf(item: Item): string;
  /** Every outcome there is, in the order in which they are summed up. */
  outcomes: readonly string[];
  /** What is counted, one of it. Default: image. */
  unit?: string;
  /** How many there are, where that is known before. */
  total?: number | undefined;
}

/**
 * Tells of what is odd, a line each, and at the end how many there were. With `--json` a line for every one.
 *
 * @returns `found` when some failed
 */
export async function reportEach<Item extends OneOfMany>(
  cli: Cli,
  items: AsyncIterable<Item>,
  { label, nameOf, outcomes, unit = 'image', total }: Reported<Item>,
): Promise<ExitCode> {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0]));
  const progress = cli.progress(label, unit);
  let all = 0;
  for await (const item of items) {
    const { outcome, error, done } = item;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    all += 1;
    progress.update({ done, total: item.total ?? total });
    const told = error && { code: error.code, message: error.message };
    const columns = told && [nameOf(item), outcome, told.code, told.message].map(printable);
    await cli.print({ ...item, error: told }, columns?.join('\t'));
  }
  progress.end();
  const words = outcomes.map((outcome) => `${countText(counts[outcome] ?? 0)} ${outcome}`);
  await cli.print(counts, `${counted(all, unit)}: ${words.join(', ')}`);
  return counts.failed ? exitCodes.found : exitCodes.done;
}
