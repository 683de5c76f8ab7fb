import type { CheckProblem, Rate } from '../../backend/index.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, countText, printable, sizeText } from '../format.js';
import { rate as rateOf } from '../values.js';

interface CheckFlags {
  fast?: boolean;
  rate?: Rate;
}

export const addCheck: AddCommand = (program, run) => {
  program
    .command('check')
    .description('reads and decrypts every image, and says what is wrong and what would mend it')
    .option('--fast', 'look only whether they are there and have the right length')
    .option('--rate <much>', 'at most so many images, or bytes, a second: 200, or 20MB', rateOf)
    .action(
      run(async (cli, { fast = false, rate = {} }: CheckFlags) => {
        const backend = await cli.open();
        const progress = cli.progress('check', fast ? 'file' : 'image');
        const summary = { done: 0, bytes: 0, problems: 0, leftovers: 0 };
        for await (const { problem, done, total, bytes } of backend.check({ fast, rate, signal: cli.signal })) {
          Object.assign(summary, { done, bytes });
          progress.update({ done, total: total ?? undefined, bytes });
          if (!problem) continue;
          summary[problem.kind === 'leftover' ? 'leftovers' : 'problems'] += 1;
          await cli.print(problem, textOf(problem));
        }
        progress.end();
        await cli.print({ summary }, summaryText(summary, fast));
        return summary.problems > 0 ? exitCodes.found : exitCodes.done;
      }),
    );
};

/** A line with what it is, one with what it means, one with what would mend it. */
function textOf({ kind, subject, message, remedy }: CheckProblem): string {
  return `${kind}\t${printable(subject)}\n  ${printable(message)}\n  ${remedy}`;
}

function summaryText(
  { done, bytes, problems, leftovers }: Record<'done' | 'bytes' | 'problems' | 'leftovers', number>,
  fast: boolean,
): string {
  const looked = fast ? `${counted(done, 'file')} looked after` : `${counted(done, 'image')} read, ${sizeText(bytes)}`;
  const found = problems === 0 ? 'nothing is wrong' : counted(problems, 'problem');
  const swept = leftovers > 0 ? [`${countText(leftovers)} leftover, which sweep removes`] : [];
  return [looked, found, ...swept].join('; ');
}
