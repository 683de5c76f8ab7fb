import { Option } from 'commander';
import { pruneBackups, type Rate } from '../../backend/index.js';
import { placeHelp, readPlace } from '../backup-place.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, countText, sizeText } from '../format.js';
import { countFromOne, rate as rateOf } from '../values.js';

interface BackupFlags {
  keysOnly?: true;
  keep?: number;
  rate?: Rate;
}

export const addBackup: AddCommand = (program, run) => {
  program
    .command('backup')
    .description('backs the store up: what is new since the last backup in the same place')
    .argument('<place>', placeHelp)
    .option('--keys-only', 'replace the keys of the backups alone, after a folder was erased')
    .addOption(
      new Option('--keep <count>', 'then remove all backups but so many, if nothing is damaged')
        .argParser(countFromOne)
        .conflicts('keysOnly'),
    )
    .option('--rate <much>', 'at most so many images, or bytes, a second: 200, or 20MB', rateOf)
    .action(
      run(async (cli, where: string, { keysOnly, keep, rate = {} }: BackupFlags) => {
        const backend = await cli.open();
        const place = await readPlace(where);
        const progress = cli.progress('backup', 'image');
        const options = { rate, signal: cli.signal, ...(keysOnly && { only: 'keys' as const }) };
        let last = { backup: '', done: 0, copied: 0, bytes: 0, problems: 0 };
        for await (const { backup, done, total, copied, bytes, problems } of backend.backUpTo(place, options)) {
          progress.update({ done, total: Math.max(total, done), bytes });
          last = { backup, done, copied, bytes, problems: problems.length };
        }
        progress.end();
        if (keysOnly) {
          await cli.print({ keys: 'replaced' }, 'the keys of all backups are those of now');
          return exitCodes.done;
        }
        const { backup, done, copied, bytes, problems } = last;
        await cli.print(
          { backup, images: done, copied, bytes, problems },
          `${backup}: ${counted(done, 'image')}, ${countText(copied)} of them new, ${sizeText(bytes)} written`,
        );
        if (problems > 0) {
          // An older backup may have the last copy of it.
          const stay = keep === undefined ? '' : ' No older backup was removed.';
          cli.warn(
            `pixstore: ${counted(problems, 'image')} damaged in the store, and not in this backup: see "pixstore check".${stay}`,
          );
          return exitCodes.found;
        }
        if (keep !== undefined) {
          const { removed } = await pruneBackups(place, { keep });
          cli.note(`${counted(removed.length, 'old backup')} removed`);
        }
        return exitCodes.done;
      }),
    );
};
