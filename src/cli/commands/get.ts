import { PixstoreError } from '../../backend/index.js';
import type { AddCommand } from '../cli.js';
import { sizeText } from '../format.js';
import { writeWhole } from '../output-file.js';

interface GetFlags {
  output: string;
  variant?: string;
}

export const addGet: AddCommand = (program, run) => {
  program
    .command('get')
    .description('decrypts an image into a file')
    .argument('<id>')
    .requiredOption('-o, --output <file>', 'where to; - is stdout')
    .option('--variant <name>', 'this variant in place of the original')
    .action(
      run(async (cli, id: string, { output, variant }: GetFlags) => {
        const backend = await cli.open();
        const image = await backend.readImage(id, { ...(variant !== undefined && { variant }) });
        if (!image) {
          throw new PixstoreError('IMAGE_NOT_FOUND', `There is no image ${variant ? `${id}.${variant}` : id}.`);
        }
        if (output === '-') {
          await cli.printBytes(image.bytes);
          return undefined;
        }
        await writeWhole(output, image.bytes, { orInPlace: true });
        const { format, width, height, token } = image;
        const { length } = image.bytes;
        await cli.print({ id, variant, format, width, height, token, bytes: length, file: output });
        if (!cli.flags.json) cli.note(`${id}: ${format}, ${sizeText(length)}`);
        return undefined;
      }),
    );
};
