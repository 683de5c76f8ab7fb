import type { Rate } from '../../backend/index.js';
import { placeHelp, readPlace } from '../backup-place.js';
import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, printable, sizeText } from '../format.js';
import { rate as rateOf } from '../values.js';

interface RestoreFlags {
  backup?: string;
  erased?: string[];
  rate?: Rate;
}

export const addRestore: AddCommand = (program, run) => {
  program
    .command('restore')
    .description('fills a new store from a backup')
    .argument('<place>', placeHelp)
    .option('--backup <name>', 'this one in place of the latest')
    .option('--erased <folder...>', 'folders that were erased since, which do not come back')
    .option('--rate <much>', 'at most so many images, or bytes, a second: 200, or 20MB', rateOf)
    .action(
      run(async (cli, where: string, { backup, erased = [], rate = {} }: RestoreFlags) => {
        const backend = await cli.open({ shut: true });
        const place = await readPlace(where);
        const progress = cli.progress('restore', 'image');
        const options = { erased, rate, signal: cli.signal, ...(backup !== undefined && { backup }) };
        const summary = { backup: '', images: 0, bytes: 0, erased: 0 };
        let failures: readonly { id: string; error: Error }[] = [];
        for await (const step of backend.restoreFrom(place, options)) {
          const { done, total, copied, same, bytes } = step;
          progress.update({ done, total, bytes });
          Object.assign(summary, { backup: step.backup, images: copied + same, bytes, erased: step.erased });
          failures = step.failures;
        }
        progress.end();
        for (const { id, error } of failures) {
          await cli.print({ id, error: error.message }, `${printable(id)}\n  ${printable(error.message)}`);
        }
        const { images, bytes } = summary;
        const left =
          summary.erased > 0 ? `; ${counted(summary.erased, 'image')} of folders that were erased left out` : '';
        await cli.print(
          { summary: { ...summary, failures: failures.length } },
          `${summary.backup}: ${counted(images, 'image')} restored, ${sizeText(bytes)} written${left}`,
        );
        cli.note('It is a new store: back it up to another place.');
        return failures.length > 0 ? exitCodes.found : exitCodes.done;
      }),
    );
};
