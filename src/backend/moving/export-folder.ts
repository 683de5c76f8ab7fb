import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { pagesOf } from '../../shared/pages.js';
import { linesOf, type OnLine, readBegun } from './json-lines.js';
import { type ManifestHead, type ManifestLine, manifestName } from './manifest.js';

// What is not whole yet. No file of an image begins like this.
const draftPrefix = '.partial-';

const linesAtOnce = 1_000;

/**
 * A folder that images are exported into: files, each whole and on the disk before the manifest names it. One that an
 * export has begun is gone on with.
 *
 * @throws PixstoreError `EXPORT_FAILED`, `STORAGE_FULL`
 */
export async function openExportFolder(root: string, head: ManifestHead) {
  const path = join(root, manifestName);
  let drafts = 0;

  const append = async (file: FileHandle, text: string): Promise<void> => {
    await file.appendFile(text);
    await file.datasync();
  };

  async function openManifest() {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const names = await readdir(root);
    const others = names.filter((name) => !name.startsWith(draftPrefix));
    if (others.length > 0 && !others.includes(manifestName)) throw notEmpty();
    const failed: string[] = [];
    let last: string | undefined;
    const onLine: OnLine = (value) => {
      if (typeof value?.id !== 'string') return;
      last = value.id;
      if (value.error !== undefined) failed.push(last);
    };
    const end = others.includes(manifestName) ? await readBegun(path, head, onLine, otherExport) : 0;
    for (const name of names) if (name.startsWith(draftPrefix)) await rm(join(root, name));
    const manifest = await open(path, 'a', 0o600);
    await manifest.truncate(end); // what a crash cut off goes, or the next line would stand behind it
    if (end === 0) await append(manifest, lineOf(head));
    return { manifest, last, failed };
  }

  const { last, failed, ...opened } = await written(openManifest);
  let { manifest } = opened;

  return {
    /** The last image that an earlier call has come to. */
    last,

    /** Those that it could not export. */
    failed,

    /** Writes a file; it is on the disk when this resolves. @param name - with `/` */
    write: (name: string, bytes: Uint8Array): Promise<void> =>
      written(async () => {
        drafts += 1;
        const draft = join(root, `${draftPrefix}${drafts}`);
        const file = await open(draft, 'w', 0o600);
        try {
          await file.writeFile(bytes);
          await file.datasync();
        } finally {
          await file.close();
        }
        const target = join(root, ...name.split('/'));
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(draft, target);
      }),

    /** Says what was written. */
    note: (lines: readonly ManifestLine[]): Promise<void> =>
      written(async () => {
        if (lines.length > 0) await append(manifest, lines.map(lineOf).join(''));
      }),

    /** Says it of images that had failed, in the place of that. @param found - null: the image is gone */
    noteAgain: (found: ReadonlyMap<string, ManifestLine | null>): Promise<void> =>
      written(async () => {
        const draft = join(root, `${draftPrefix}manifest`);
        const renewed = await open(draft, 'ax', 0o600);
        try {
          for await (const page of pagesOf(linesOf(path), linesAtOnce)) {
            const lines = page.map(({ value, text }) => {
              const line = typeof value?.id === 'string' ? found.get(value.id) : undefined;
              return line === undefined ? `${text}\n` : line && lineOf(line);
            });
            await renewed.appendFile(lines.filter((line) => line !== null).join(''));
          }
          await renewed.datasync();
          await rename(draft, path);
        } catch (error) {
          await renewed.close();
          throw error;
        }
        await manifest.close();
        manifest = renewed;
      }),

    close: (): Promise<void> => manifest.close(),
  };
}

const lineOf = (value: ManifestHead | ManifestLine): string => `${JSON.stringify(value)}\n`;

async function written<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof PixstoreError) throw cause;
    throw unwritable(cause);
  }
}

function unwritable(cause: unknown): PixstoreError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PixstoreError(
      'STORAGE_FULL',
      'There is no room left in the folder that is exported into. Free some space, and export again: it goes on.',
      { cause },
    );
  }
  return new PixstoreError(
    'EXPORT_FAILED',
    `The folder that is exported into cannot be written (${code}). Check who owns it, and export again: it goes on.`,
    { cause },
  );
}

function notEmpty(): PixstoreError {
  return new PixstoreError(
    'EXPORT_FAILED',
    'The folder that is to be exported into holds something else. Name one that is empty, not there yet, or holds an export that was begun.',
  );
}

function otherExport(): PixstoreError {
  return new PixstoreError(
    'EXPORT_FAILED',
    'The folder holds an export with other options, or a manifest of something else. Name another folder, or say the options of that one.',
  );
}
