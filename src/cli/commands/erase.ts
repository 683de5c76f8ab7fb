import type { AddCommand } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted } from '../format.js';

export const addErase: AddCommand = (program, run) => {
  program
    .command('erase')
    .description('erases a folder: its key first, then its images')
    .argument('<folder>')
    .option('--yes', 'do not ask')
    .action(
      run(async (cli, folder: string, { yes }: { yes?: true }) => {
        const backend = await cli.open();
        const question = `Erase the folder ${folder} with all its images? Nothing brings them back.`;
        if (!yes && !(await cli.confirm(question))) {
          cli.note('Nothing was erased.');
          return exitCodes.found;
        }
        const images = await backend.deleteImages(folder);
        await cli.print({ folder, images }, `${folder} is erased: its key, and ${counted(images, 'image')}`);
        return exitCodes.done;
      }),
    );
};
