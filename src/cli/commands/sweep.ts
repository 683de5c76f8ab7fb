import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, printable } from '../format.js';

interface SweepFlags {
  remove?: boolean;
  all?: boolean;
}

export const addSweep: AddCommand = (program, run) => {
  program
    .command('sweep')
    .description('lists files that no image needs, and removes them when told to')
    .option('--remove', 'remove them')
    .option('--all', 'also when there are more than a crash leaves')
    .action(
      run(async (cli, { remove = false, all = false }: SweepFlags) => {
        const backend = await cli.open();
        const progress = cli.progress('sweep', 'file');
        const summary = { files: 0, removed: 0 };
        let isAdopted = true;
        for await (const piece of backend.sweep({ dryRun: !remove, all, signal: cli.signal })) {
          if (piece.kind === 'not-adopted') {
            isAdopted = false;
            cli.warn(`pixstore: ${piece.message} ${piece.remedy}`);
          } else {
            summary.files += 1;
            if (piece.removed) summary.removed += 1;
            await cli.print(piece, printable(piece.subject));
          }
          progress.update({ done: summary.files });
        }
        progress.end();
        await cli.print({ summary });
        const files = counted(summary.files, 'file');
        cli.note(remove ? `${files} removed` : `${files} to be removed, by sweep --remove`);
        return isAdopted ? exitCodes.done : exitCodes.found;
      }),
    );
};
