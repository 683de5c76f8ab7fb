import { PixstoreError } from '../../backend/index.js';
import type { AddCommand, Backend, Cli } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { counted, sizeText, timeText } from '../format.js';

export const addInfo: AddCommand = (program, run) => {
  program
    .command('info')
    .description('says what the store holds and how it is, or what is known of an image')
    .argument('[id]')
    .action(run(async (cli, id?: string) => (id === undefined ? ofStore(cli, await cli.open()) : ofImage(cli, id))));
};

async function ofStore(cli: Cli, backend: Backend) {
  const [{ images, bytes }, { status, problems }] = [await backend.stats(), await backend.health()];
  const text = [`${counted(images, 'image')}, ${sizeText(bytes)}; ${status}`, ...problems].join('\n');
  await cli.print({ images, bytes, status, problems }, text);
  return status === 'ok' ? exitCodes.done : exitCodes.found;
}

async function ofImage(cli: Cli, id: string) {
  const backend = await cli.open();
  const [record] = await backend.getImageRecords([id], { variants: true });
  if (!record) throw new PixstoreError('IMAGE_NOT_FOUND', `There is no image ${id}.`);
  const { token, bytes, variants = {} } = record;
  const parts = [record, ...Object.values(variants)].map((part) => ({
    id: part.id,
    width: part.width,
    height: part.height,
    bytes: part.bytes,
  }));
  const lines = parts.map(({ id: name, width, height, bytes: length = 0 }) =>
    [name, width === undefined ? '-' : `${width} x ${height}`, sizeText(length)].join('\t'),
  );
  await cli.print({ id, token, bytes, parts }, [`${id}, saved ${timeText(token)}`, ...lines].join('\n'));
  return exitCodes.done;
}
