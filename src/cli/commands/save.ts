import { basename, extname, resolve } from 'node:path';
import { PixstoreError } from '../../backend/index.js';
import { inOrder } from '../../shared/in-order.js';
import { isDir, isImageKey } from '../../shared/protocol/image-id.js';
import type { AddCommand, Backend, Cli } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { filesIn } from '../files-in.js';
import { counted, countText, printable } from '../format.js';
import { Journal, type JournalEntry } from '../journal.js';
import { wholeNumber } from '../values.js';

interface SaveFlags {
  dir?: string;
  nameIds?: true;
  journal: string;
  parallel: number;
}

/** What became of a file. */
type Saved = JournalEntry &
  (
    | { outcome: 'saved'; token: number }
    | { outcome: 'there' }
    | { outcome: 'skipped' | 'failed'; error: { code: string; message: string } }
  );

// More than one commit takes, so that the next one is ready when it ends.
const parallel = 64;

export const addSave: AddCommand = (program, run) => {
  program
    .command('save')
    .description('saves images, and those in folders; once more, it goes on where it was')
    .argument('<files...>', 'files or folders')
    .option('--dir <folder>', 'the folder of the store that they go to')
    .option('--name-ids', 'the name of a file becomes its id: tom.png is tom')
    .option('--journal <file>', 'which file got which id, and what the next run goes by', 'pixstore-saved.jsonl')
    .option('--parallel <count>', 'how many at once', wholeNumber, parallel)
    .action(
      run(async (cli, names: string[], flags: SaveFlags) => {
        const { dir } = flags;
        if (dir !== undefined && !isDir(dir)) throw dirInvalid();
        const files = () => without(flags.nameIds ? undefined : flags.journal, filesIn(names));
        const total = await count(files());
        const journal = flags.nameIds ? null : await Journal.open(flags.journal);
        try {
          const backend = await cli.open({ make: true });
          const taken = untilStopped(cli.signal, files());
          const entries = journal ? journal.entries(taken, dir) : namedEntries(taken, dir);
          const save = (entry: JournalEntry) => saveOne(backend, entry, dir);
          return await saveAll(cli, inOrder(entries, Math.max(1, flags.parallel), save), total);
        } finally {
          await journal?.close();
        }
      }),
    );
};

async function saveAll(cli: Cli, all: AsyncIterable<Saved>, total: number) {
  const progress = cli.progress('save', 'file');
  const summary = { saved: 0, there: 0, skipped: 0, failed: 0 };
  let done = 0;
  for await (const saved of all) {
    summary[saved.outcome] += 1;
    done += 1;
    if (saved.outcome === 'skipped') cli.note(`${printable(saved.file)} is no image`);
    if (saved.outcome === 'failed') {
      cli.warn(`pixstore: ${printable(saved.file)}: ${printable(saved.error.message)} (${saved.error.code})`);
    }
    await cli.print(saved, saved.outcome === 'saved' ? `${saved.id}\t${printable(saved.file)}` : undefined);
    progress.update({ done, total });
  }
  progress.end();
  await cli.print({ summary });
  const { saved, there, skipped, failed } = summary;
  const others = [
    there > 0 && `${countText(there)} there already`,
    skipped > 0 && `${countText(skipped)} skipped, no image`,
    failed > 0 && `${countText(failed)} failed`,
  ].filter(Boolean);
  cli.note([`${counted(saved, 'image')} saved`, ...others].join(', '));
  cli.signal.throwIfAborted();
  return failed > 0 ? exitCodes.found : exitCodes.done;
}

/** @throws PixstoreError what keeps all files from being saved, such as a full disk */
async function saveOne(backend: Backend, entry: JournalEntry, dir: string | undefined): Promise<Saved> {
  const { file, id } = entry;
  const key = dir === undefined ? id : id.slice(dir.length + 1);
  try {
    if (!isImageKey(key)) throw keyInvalid();
    if (await backend.store.record(id)) return { ...entry, outcome: 'there' };
    const { token } = await backend.saveImageFromFile(file, { id: key, ...(dir !== undefined && { dir }) });
    return { ...entry, outcome: 'saved', token };
  } catch (error) {
    if (!(error instanceof PixstoreError) || !/^(IMAGE|PROCESSING)_/.test(error.code) || isOfStore(error)) throw error;
    const { code, message } = error;
    if (code === 'IMAGE_ID_TAKEN') return { ...entry, outcome: 'there' };
    const isNoImage = code === 'IMAGE_NOT_RECOGNIZED' || code === 'IMAGE_EMPTY';
    return { ...entry, outcome: isNoImage ? 'skipped' : 'failed', error: { code, message } };
  }
}

/** Of the folder with the store's own files. */
const isOfStore = ({ code }: PixstoreError) => code.startsWith('IMAGE_DIR_');

/** Ids by the names of files, without what they end with. */
async function* namedEntries(files: AsyncIterable<string>, dir: string | undefined): AsyncGenerator<JournalEntry> {
  for await (const file of files) {
    yield { file, id: `${dir === undefined ? '' : `${dir}:`}${basename(file, extname(file))}` };
  }
}

/** The journal may lie in the folder that is saved. */
async function* without(journal: string | undefined, files: AsyncIterable<string>): AsyncGenerator<string> {
  const own = journal === undefined ? '' : resolve(journal);
  for await (const file of files) if (resolve(file) !== own) yield file;
}

async function* untilStopped<Item>(signal: AbortSignal, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  for await (const item of items) {
    if (signal.aborted) return;
    yield item;
  }
}

function dirInvalid(): PixstoreError {
  return new PixstoreError(
    'IMAGE_DIR_INVALID',
    'The folder that --dir names must have 1 to 64 characters of a-z, 0-9, _ and -. Leave it out for no folder.',
  );
}

function keyInvalid(): PixstoreError {
  return new PixstoreError(
    'IMAGE_ID_INVALID',
    'The name of the file, without what it ends with, must have 1 to 128 letters, digits, _ and - to be an id. Rename it, or save it without --name-ids.',
  );
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let total = 0;
  for await (const _ of items) total += 1;
  return total;
}
