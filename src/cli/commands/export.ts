import type { AddCommand } from '../cli.js';
import { reportEach } from '../outcomes.js';

interface ExportFlags {
  dir?: string;
  variants?: true;
}

export const addExport: AddCommand = (program, run) => {
  program
    .command('export')
    .description('decrypts images into files, with a manifest: they lie there in the clear')
    .argument('<folder>', 'where to: not there yet, empty, or with an export that was begun')
    .option('--dir <name>', 'the images of this folder of the store alone')
    .option('--variants', 'files of variants as well')
    .action(
      run(async (cli, folder: string, { dir, variants }: ExportFlags) => {
        const backend = await cli.open();
        const total = dir === undefined ? (await backend.stats()).images : undefined;
        const which = { ...(dir !== undefined && { dir }), variants: variants === true, signal: cli.signal };
        return reportEach(cli, backend.exportImages(folder, which), {
          label: 'export',
          nameOf: ({ id }) => id,
          outcomes: ['exported', 'failed'],
          total,
        });
      }),
    );
};
