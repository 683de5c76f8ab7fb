import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { readCallOptions, requireArrived } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { pagesOf } from '../../shared/pages.js';
import { imageFormats } from '../../shared/protocol/formats.js';
import { folderOf } from '../../shared/protocol/image-id.js';
import type { ImageStore } from '../../stores/port.js';
import type { ImageFormat } from '../../types/index.js';
import { encryptImage, type RandomBytes } from '../images/encryption.js';
import { newImageId, requireImageId } from '../images/ids.js';
import type { Images } from '../images/images.js';
import { inspectImage } from '../images/inspect.js';
import { type IntakeOptions, takeIn } from '../images/intake.js';
import type { NewParts, PartMaker } from '../images/new-parts.js';
import type { Reading } from '../images/reading.js';
import { type ImageInput, sourceOf } from '../images/to-bytes.js';
import type { ImageInfo } from '../keys/image-info.js';
import { readSignal } from '../read-signal.js';
import { idOfPath } from './import-ids.js';
import { type Journal, type Journaled, type JournalHead, openJournal } from './journal.js';
import { isOfOneImage } from './of-one-image.js';
import { isPath } from './paths.js';
import { exportedImages, filesIn, type ImportSource, type Incoming, unread } from './sources.js';

/** How files are imported. */
export interface ImportOptions {
  /** A folder for all of them. Default: the first folder of each path, if its name can be one. */
  dir?: string;
  /**
   * The ids they get: made from their `paths`, the same at any time; at `random`, which needs a journal; or as a function
   * says for the name of each: `[dir:]key`. What was exported has its ids. Default: paths.
   */
  ids?: 'paths' | 'random' | ((name: string) => string);
  /**
   * Path of a file that says what is done, made where there is none. With it what was deleted here since is not imported
   * again, and names can lead to random ids.
   */
  journal?: string;
  /** Stops it, between two files; the next call goes on. */
  signal?: AbortSignal;
}

/** What became of a file. */
export interface ImportedImage {
  /** Its path, or what the source calls it; of what was exported, its id. */
  name: string;
  /** Left out where there is none, since it was not kept. */
  id?: string;
  /**
   * `imported`: it is here now. `present`: it was here already. `skipped`: it is no image, or was imported before and
   * deleted since. `failed`: it is an image, or was one, and is not kept. `error` says why.
   */
  outcome: 'imported' | 'present' | 'skipped' | 'failed';
  error?: PixstoreError;
  /** How many files this was, since it began. */
  done: number;
}

/** Where files come from: a folder, or anything that lists them. */
export type ImportFrom = string | AsyncIterable<ImportSource> | Iterable<ImportSource>;

export type CheckedImport = ImportOptions & { from: ImportFrom };

/** @throws PixstoreError `CONFIG_INVALID`, `IMAGE_DIR_INVALID` */
export function readImportOptions(from: ImportFrom, given: ImportOptions = {}): CheckedImport {
  requireArrived(given, ['dir', 'ids', 'journal'], 'importImages');
  const names = ['dir', 'ids', 'journal', 'signal'] as const;
  const { dir, ids = 'paths', journal, signal } = readCallOptions(given, names, 'importImages');
  const isIds = ids === 'paths' || ids === 'random' || typeof ids === 'function';
  if (!isIterable(from) || !isIds || !(journal === undefined || isPath(journal))) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'Images are imported by importImages(from, { dir?, ids?, journal?, signal? }): from a folder, as a path, or a list of { name, read() }; with ids from "paths", "random" or by a function; and the path of a journal.',
    );
  }
  if (ids === 'random' && journal === undefined) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'Random ids need a journal, or an import that is begun anew would import everything again: say where, as the option "journal".',
    );
  }
  if (dir !== undefined) newImageId({ dir }, (length) => new Uint8Array(length)); // refuses what can be no folder
  const readable = readSignal(signal, 'importImages');
  return {
    from: typeof from === 'string' ? resolve(from) : from,
    ids: ids as NonNullable<ImportOptions['ids']>,
    ...(dir !== undefined && { dir: dir as string }),
    ...(journal !== undefined && { journal: resolve(journal as string) }),
    ...(readable && { signal: readable }),
  };
}

function isIterable(from: unknown): boolean {
  if (typeof from === 'string') return isPath(from);
  if (typeof from !== 'object' || from === null) return false;
  return Symbol.asyncIterator in from || Symbol.iterator in from;
}

export interface ImportingOptions {
  store: ImageStore;
  images: Images;
  reading: Reading;
  partMaker: PartMaker;
  /** What is asked of files that come from anywhere. */
  intake: IntakeOptions & { maxImageBytes: number };
  randomBytes: RandomBytes;
  /** Keeps what is in memory at once in bounds. */
  admit<Result>(size: number, work: () => Promise<Result>): Promise<Result>;
}

type Outcome = Pick<ImportedImage, 'id' | 'outcome' | 'error'>;

const atOnce = 8;

// Of a file whose length is not known before it is read.
const supposedSize = 1024 * 1024;

/** Keeps files as they are: nothing is stripped. */
export function createImporting(options: ImportingOptions) {
  const { store, images, reading, partMaker, intake, randomBytes, admit } = options;

  /** @throws PixstoreError `IMAGE_FILE_UNREADABLE`, `IMAGE_TOO_LARGE`, `IMAGE_INPUT_INVALID`, `IMAGE_DIGEST_WRONG` */
  async function read(source: Incoming): Promise<Uint8Array> {
    let input: ImageInput;
    try {
      input = await source.read();
    } catch (cause) {
      throw cause instanceof PixstoreError ? cause : unread(cause);
    }
    const bytes = await sourceOf(input, source.exported ? Number.POSITIVE_INFINITY : intake.maxImageBytes).read();
    const { sha256 } = source.exported ?? {};
    if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== sha256) throw digestWrong();
    return bytes;
  }

  async function partsOf(bytes: Uint8Array, dir: string, exported: Incoming['exported']): Promise<NewParts> {
    if (!exported) {
      const { info } = await takeIn(bytes, { ...intake, stripMetadata: false });
      return partMaker.partsOf({ ...info, bytes }, dir);
    }
    const format = exported.format as ImageFormat;
    if (!imageFormats.includes(format)) throw formatUnknown();
    let info: ImageInfo | null = null;
    try {
      info = { ...inspectImage(bytes, [format, ...imageFormats]), format };
      return await partMaker.partsOf({ ...info, bytes }, dir);
    } catch (error) {
      // It was kept by a store before, though it cannot be understood, or not be decoded: then it is kept as it is.
      if (!(error instanceof PixstoreError) || error.code.startsWith('PROCESSING')) throw error;
      return [{ ...(await encryptImage(format, bytes, randomBytes)), variant: undefined, info }];
    }
  }

  async function isSamePicture(id: string, bytes: Uint8Array): Promise<boolean> {
    const stored = await reading.read(id);
    return stored !== null && Buffer.compare(stored.bytes, bytes) === 0;
  }

  async function keep(source: Incoming, id: string): Promise<Outcome> {
    const bytes = await read(source);
    if (await store.record(id)) {
      if (await isSamePicture(id, bytes)) return { id, outcome: 'present' };
      throw taken();
    }
    const parts = await partsOf(bytes, folderOf(id), source.exported);
    await images.keepNew(id, true, parts, null);
    return { id, outcome: 'imported' };
  }

  async function importOne(source: Incoming, id: string, journal: Journal | null): Promise<Outcome> {
    if (journal?.find(source.name)?.isDone) {
      if (await store.record(id)) return { id, outcome: 'present' };
      return { id, outcome: 'skipped', error: deletedSince() };
    }
    const outcome = await admit(source.size ?? supposedSize, () => keep(source, id));
    journal?.done(source.name);
    return outcome;
  }

  /** @throws PixstoreError `IMAGE_ID_INVALID`, `IMAGE_DIR_INVALID` */
  function idFor({ name, exported }: Incoming, { dir, ids }: CheckedImport, known: Journaled | undefined): string {
    if (exported) return requireImageId(exported.id);
    if (known) return known.id;
    if (ids === 'random') return newImageId({ dir }, randomBytes).id;
    return requireImageId(typeof ids === 'function' ? ids(name) : idOfPath(name, dir));
  }

  /** Ids are chosen, and noted, before anything is kept. */
  async function chooseIds(page: readonly Incoming[], checked: CheckedImport, journal: Journal | null) {
    const chosen = page.map((source) => {
      if (source.error) return { source, error: source.error };
      const known = journal?.find(source.name);
      try {
        const id = idFor(source, checked, known);
        return { source, id, isNew: id !== known?.id };
      } catch (error) {
        if (!(error instanceof PixstoreError)) throw error;
        return { source, error };
      }
    });
    const fresh = chosen.flatMap(({ source: { name }, id, isNew }) =>
      id !== undefined && isNew ? [{ name, id }] : [],
    );
    await journal?.choose(fresh);
    return chosen;
  }

  async function outcomeOf(source: Incoming, id: string, journal: Journal | null): Promise<Outcome> {
    try {
      return await importOne(source, id, journal);
    } catch (error) {
      if (!isOfOneImage(error)) throw error;
      return { outcome: isNoImage(error) && !source.exported ? 'skipped' : 'failed', error };
    }
  }

  return {
    /** @throws PixstoreError `SOURCE_INVALID`, `JOURNAL_UNUSABLE`, and what the store throws */
    async *importFrom(checked: CheckedImport): AsyncGenerator<ImportedImage, void, void> {
      const { from, signal } = checked;
      signal?.throwIfAborted();
      const sources = typeof from === 'string' ? ((await exportedImages(from)) ?? filesIn(from)) : incomingFrom(from);
      const journal = checked.journal === undefined ? null : await openJournal(checked.journal, journalHeadOf(checked));
      let done = 0;
      try {
        for await (const page of pagesOf(sources, atOnce)) {
          const chosen = await chooseIds(page, checked, journal);
          const settled = await Promise.allSettled(
            chosen.map(({ source, id, error }): Promise<Outcome> | Outcome =>
              error ? { outcome: 'failed', error } : outcomeOf(source, id, journal),
            ),
          );
          for (const [index, result] of settled.entries()) {
            if (result.status === 'rejected') throw result.reason;
            done += 1;
            yield { name: page[index]?.name ?? '', ...result.value, done };
          }
          signal?.throwIfAborted();
        }
      } finally {
        await journal?.close();
      }
    },
  };
}

/** A journal says which ids were chosen: those of other options would be of other images. */
function journalHeadOf({ dir, ids = 'paths' }: CheckedImport): JournalHead {
  return { pixstore: 'import', version: 1, dir: dir ?? null, ids: typeof ids === 'function' ? 'own' : ids };
}

export type Importing = ReturnType<typeof createImporting>;

/** Only what is asked of them: an application's own objects may say more. */
async function* incomingFrom(from: AsyncIterable<ImportSource> | Iterable<ImportSource>): AsyncGenerator<Incoming> {
  for await (const source of from) {
    if (typeof source?.name !== 'string' || typeof source.read !== 'function') throw notASource();
    yield { name: source.name, size: source.size, read: () => source.read() };
  }
}

function isNoImage({ code }: PixstoreError): boolean {
  return code === 'IMAGE_NOT_RECOGNIZED' || code === 'IMAGE_EMPTY';
}

function notASource(): PixstoreError {
  return new PixstoreError(
    'SOURCE_INVALID',
    'What is imported is listed as { name, size?, read() }: a string, a number of bytes and a function; something else was given.',
  );
}

function digestWrong(): PixstoreError {
  return new PixstoreError(
    'IMAGE_DIGEST_WRONG',
    'The file is not the one that was exported: its SHA-256 is another than the manifest says. Look for it in a copy of the export.',
  );
}

function formatUnknown(): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    'The manifest says a format that this pixstore does not know. Update pixstore, and import again.',
  );
}

function deletedSince(): PixstoreError {
  return new PixstoreError(
    'IMAGE_NOT_FOUND',
    'The journal says that this was imported, and it was deleted here since. To have it again, save it, or import without this journal.',
  );
}

function taken(): PixstoreError {
  return new PixstoreError(
    'IMAGE_ID_TAKEN',
    'There is another picture with this id here. It was left as it is; delete it first, or import under other ids.',
  );
}
