import { type FileHandle, mkdir, open, readdir, rename, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isManifestHead, linesOf, type ManifestHead, type ManifestLine, manifestName } from './manifest.js';

// What is not whole yet. No file of an image begins like this.
const draftPrefix = '.partial-';

/**
 * A folder that images are exported into: files, each whole and on the disk before the manifest names it. One that an
 * export has begun is gone on with.
 *
 * @throws PixstoreError `EXPORT_FAILED`, `STORAGE_FULL`
 */
export async function openExportFolder(root: string, head: ManifestHead) {
  const path = join(root, manifestName);
  let drafts = 0;

  async function openManifest(): Promise<{ manifest: FileHandle; last: string | undefined }> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const names = await readdir(root);
    const others = names.filter((name) => !name.startsWith(draftPrefix));
    if (others.length > 0 && !others.includes(manifestName)) throw notEmpty();
    const begun = others.includes(manifestName) ? await readBegun(path, head) : undefined;
    for (const name of names) if (name.startsWith(draftPrefix)) await rm(join(root, name));
    const manifest = await open(path, 'a', 0o600);
    if (!begun) await append(manifest, [head]);
    return { manifest, last: begun?.last };
  }

  const { manifest, last } = await written(openManifest);

  return {
    /** The last image that an earlier call has come to. */
    last,

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
    note: (lines: readonly ManifestLine[]): Promise<void> => written(() => append(manifest, lines)),

    close: (): Promise<void> => manifest.close(),
  };
}

async function append(manifest: FileHandle, lines: readonly object[]): Promise<void> {
  if (lines.length === 0) return;
  await manifest.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await manifest.datasync();
}

/** @returns how far it has come; undefined when it has not even a head */
async function readBegun(path: string, head: ManifestHead): Promise<{ last: string | undefined } | undefined> {
  let last: string | undefined;
  let end = 0;
  for await (const line of linesOf(path)) {
    if (!line.isWhole) break;
    if (end === 0 && !isSame(line.value, head)) throw otherExport();
    if (typeof line.value?.id === 'string') last = line.value.id;
    end = line.end;
  }
  await truncate(path, end); // what a crash cut off goes, or the next line would stand behind it
  return end === 0 ? undefined : { last };
}

function isSame(value: unknown, head: ManifestHead): boolean {
  return isManifestHead(value) && value.dir === head.dir && value.variants === head.variants;
}

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
