import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { readCallOptions, requireArrived } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { pagesOf } from '../../shared/pages.js';
import type { ImageStore } from '../../stores/port.js';
import { requireDir } from '../images/ids.js';
import type { Reading, StoredImage } from '../images/reading.js';
import { readSignal } from '../read-signal.js';
import { openExportFolder } from './export-folder.js';
import { fileNameFor } from './file-names.js';
import type { ManifestFile, ManifestImage, ManifestLine } from './manifest.js';
import { isOfOneImage } from './of-one-image.js';
import { isPath } from './paths.js';

/** Which images are exported. */
export interface ExportOptions {
  /** A folder. Default: all images. */
  dir?: string;
  /** The files of variants as well. They can be made anew from the originals. Default: false. */
  variants?: boolean;
  /** Stops it, between two images; the next call goes on. */
  signal?: AbortSignal;
}

/** What became of an image. */
export interface ExportedImage {
  id: string;
  /** `failed`: it is not in the folder, for the reason that `error` says. */
  outcome: 'exported' | 'failed';
  /** Path of its file in the folder. */
  file?: string;
  error?: PixstoreError;
  /** How many images this was, since it began. */
  done: number;
}

/** @throws PixstoreError `CONFIG_INVALID`, `IMAGE_DIR_INVALID` */
export function readExportOptions(folder: string, given: ExportOptions = {}): ExportOptions & { folder: string } {
  requireArrived(given, ['dir'], 'exportImages');
  const { dir, variants = false, signal } = readCallOptions(given, ['dir', 'variants', 'signal'], 'exportImages');
  if (!isPath(folder) || typeof variants !== 'boolean') {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'Images are exported by exportImages(folder, { dir?, variants?, signal? }): into a folder, as a path; with variants or not.',
    );
  }
  const readable = readSignal(signal, 'exportImages');
  return {
    folder: resolve(folder),
    variants,
    ...(dir !== undefined && { dir: requireDir(dir) }),
    ...(readable && { signal: readable }),
  };
}

export interface ExportingOptions {
  store: ImageStore;
  reading: Reading;
  /** Keeps what is in memory at once in bounds. */
  admit<Result>(size: number, work: () => Promise<Result>): Promise<Result>;
}

type Folder = Awaited<ReturnType<typeof openExportFolder>>;

/** What the manifest says of an image that was tried; null when it is gone. */
interface Tried {
  id: string;
  line: ManifestLine | null;
  error?: PixstoreError;
}

const atOnce = 8;

// Somebody may update it while it is read.
const mostTries = 100;

/** Decrypts images into files, with a manifest of what they are. */
export function createExporting({ store, reading, admit }: ExportingOptions) {
  async function exportPart(folder: Folder, id: string, variant: string | undefined, image: StoredImage) {
    const { bytes, format, width, height } = image;
    const file = fileNameFor(id, variant, format);
    await folder.write(file, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { file, format, width, height, bytes: bytes.length, sha256 } satisfies ManifestFile;
  }

  /** @returns null when there is no such image any more */
  async function exportImage(folder: Folder, id: string, withVariants: boolean): Promise<ManifestImage | null> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const [original, ...others] = await store.version(id);
      if (!original) return null;
      const names = withVariants ? others.flatMap(({ variant }) => variant ?? []) : [];
      const size = [original, ...others].reduce((sum, part) => Math.max(sum, part.size), 0);
      const exported = await admit(size, () => exportVersion(folder, id, original.token, names));
      if (exported) return exported;
    }
    throw new PixstoreError('STORAGE_FAILED', 'The image was changed again and again. Export again when it is quiet.');
  }

  /** @returns null when another version is stored by now */
  async function exportVersion(folder: Folder, id: string, token: number, names: readonly string[]) {
    const image = await reading.read(id);
    if (image?.token !== token) return null;
    const line: ManifestImage = { id, token, ...(await exportPart(folder, id, undefined, image)), variants: [] };
    for (const name of names) {
      const variant = await reading.read(id, name);
      if (variant?.token !== token) return null;
      line.variants.push({ name, ...(await exportPart(folder, id, name, variant)) });
    }
    return line;
  }

  async function exportOrSay(folder: Folder, id: string, withVariants: boolean): Promise<Tried> {
    try {
      return { id, line: await exportImage(folder, id, withVariants) };
    } catch (error) {
      if (!isOfOneImage(error)) throw error;
      return { id, line: { id, error: error.code }, error };
    }
  }

  return {
    /** @throws PixstoreError `EXPORT_FAILED`, `STORAGE_FULL`, and what the store throws */
    async *exportTo({
      folder: root,
      dir,
      variants = false,
      signal,
    }: ReturnType<typeof readExportOptions>): AsyncGenerator<ExportedImage, void, void> {
      signal?.throwIfAborted();
      const folder = await openExportFolder(root, { pixstore: 'export', version: 1, dir: dir ?? null, variants });
      const again = new Map<string, ManifestLine | null>();
      let done = 0;

      async function* exportPage(
        page: readonly string[],
        note: (tried: readonly Tried[]) => void | Promise<void>,
      ): AsyncGenerator<ExportedImage> {
        const settled = await Promise.allSettled(page.map((id) => exportOrSay(folder, id, variants)));
        const exported = settled.map((result) => {
          if (result.status === 'rejected') throw result.reason;
          return result.value;
        });
        await note(exported);
        for (const { id, line, error } of exported) {
          if (!line) continue; // it was deleted meanwhile
          done += 1;
          yield error || !('file' in line)
            ? { id, outcome: 'failed', ...(error && { error }), done }
            : { id, outcome: 'exported', file: line.file, done };
        }
        signal?.throwIfAborted();
      }

      try {
        try {
          for await (const page of pagesOf(folder.failed, atOnce)) {
            yield* exportPage(page, (tried) => {
              for (const { id, line, error } of tried) if (!error) again.set(id, line);
            });
          }
        } finally {
          if (again.size > 0) await folder.noteAgain(again);
        }
        const ids = store.list(dir === undefined ? '' : `${dir}:`, folder.last);
        for await (const page of pagesOf(ids, atOnce)) {
          // The manifest is in the order of ids: its last line says where to go on.
          yield* exportPage(page, (tried) =>
            folder.note(tried.flatMap(({ line }): ManifestLine[] => (line ? [line] : []))),
          );
        }
      } finally {
        await folder.close();
      }
    },
  };
}

export type Exporting = ReturnType<typeof createExporting>;
