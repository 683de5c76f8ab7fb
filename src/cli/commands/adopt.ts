import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, printable } from '../format.js';

export const addAdopt: AddCommand = (program, run) => {
  program
    .command('adopt')
    .description('says that this database is the right one of several copies, after it says what differs')
    .option('--yes', 'do not ask')
    .action(
      run(async (cli, { yes }: { yes?: true }) => {
        const backend = await cli.open();
        let isAdopted = true;
        const found = { missing: 0, unknown: 0 };
        for await (const { problem } of backend.check({ fast: true, signal: cli.signal })) {
          if (!problem) continue;
          if (problem.kind === 'not-adopted') isAdopted = false;
          else if (problem.kind === 'leftover' || problem.kind === 'foreign') found.unknown += 1;
          else {
            found.missing += 1;
            await cli.print(problem, `${problem.kind}\t${printable(problem.subject)}`);
          }
        }
        if (isAdopted) {
          await cli.print({ adopted: true, ...found }, 'It is adopted already: nothing is to be done.');
          return exitCodes.done;
        }
        const differs = [
          `${counted(found.missing, 'image')} of it not there or damaged`,
          `${counted(found.unknown, 'file or folder', 'files and folders')} there that it does not know`,
        ].join(', ');
        cli.warn(`pixstore: This database may be an old copy: ${differs}.`);
        const question =
          'Adopt it? Other copies of it can change nothing any more then, and sweep removes what it does not name.';
        if (!yes && !(await cli.confirm(question))) {
          cli.note('Nothing was changed.');
          return exitCodes.found;
        }
        await backend.adopt();
        await cli.print({ adopted: true, ...found }, 'It is adopted.');
        return exitCodes.done;
      }),
    );
};
