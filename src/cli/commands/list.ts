import type { AddCommand } from '../cli.js';
import { sizeText, timeText } from '../format.js';
import { wholeNumber } from '../values.js';

interface ListFlags {
  after?: string;
  limit?: number;
}

export const addList: AddCommand = (program, run) => {
  program
    .command('list')
    .description('lists images in the order of their ids')
    .argument('[folder]', 'of this folder alone')
    .option('--after <id>', 'those that come after this one')
    .option('--limit <count>', 'how many at most', wholeNumber)
    .action(
      run(async (cli, folder: string | undefined, { after, limit }: ListFlags) => {
        const backend = await cli.open();
        const images = backend.listImages({ ...(folder !== undefined && { dir: folder }), after, limit });
        for await (const image of images) {
          cli.signal.throwIfAborted();
          const { id, token, width, height, bytes, variants } = image;
          const picture = width === undefined ? '-' : `${width} x ${height}`;
          const columns = [id, picture, sizeText(bytes), timeText(token), variants.join(' ')];
          await cli.print(image, columns.join('\t').trimEnd());
        }
        return undefined;
      }),
    );
};
