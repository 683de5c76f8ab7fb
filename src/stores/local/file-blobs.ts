import { randomBytes } from 'node:crypto';
import { type Dirent, lstatSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { BlobStore, OpenBlob } from '../split/blob-store.js';
import { chunksOf, readWhole } from './file-reads.js';
import { syncFolder } from './folders.js';
import { isNotThere, readOnly } from './small-files.js';
import { asStorageError } from './storage-error.js';

// What is being written lies here; no blob has such a name.
const partial = '.partial';

// What was not written to its end in so many ms never will be.
const partialAge = 3_600_000;

const blobName = /^[a-z0-9-]+(?:\/[a-z0-9-]+)*$/;

/**
 * Keeps blobs as files in a folder, of a disk of this machine or one that others mount as well: under the names that they
 * have, for their owner only, each on the disk when `write` resolves. For `splitStore`, and for backups.
 *
 * The folder is made with the first blob.
 *
 * @throws PixstoreError `STORAGE_FULL`, `STORAGE_FAILED`
 * @example
 * const store = splitStore(rows, fileBlobs('/mnt/images'));
 */
export function fileBlobs(folder: string): BlobStore {
  const root = resolve(folder);
  let isTidied: Promise<void> | undefined;

  async function run<Result>(work: string, what: () => Promise<Result>): Promise<Result> {
    try {
      return await what();
    } catch (error) {
      throw asStorageError(error, work);
    }
  }

  /** A name that is none of a blob's leads nowhere. */
  function pathOf(name: string): string {
    if (name.length <= 128 && blobName.test(name)) return join(root, name);
    throw new PixstoreError(
      'STORAGE_FAILED',
      'The name of a blob must be pieces of a-z, 0-9 and - with / between them.',
    );
  }

  /** Folders survive a power cut once those above them are synced. */
  async function makeFolder(path: string): Promise<void> {
    const topmost = await mkdir(path, { recursive: true, mode: 0o700 });
    if (topmost === undefined) return;
    for (let made = path; made.length >= topmost.length; made = dirname(made)) syncFolder(dirname(made));
  }

  /** Of writers that were killed. */
  async function tidy(): Promise<void> {
    const drafts = join(root, partial);
    await makeFolder(drafts);
    for (const name of await readdir(drafts)) {
      const path = join(drafts, name);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found && Date.now() - found.mtimeMs > partialAge) await rm(path, { force: true });
    }
  }

  async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
    const handle = await open(path, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  async function write(name: string, bytes: Uint8Array): Promise<void> {
    const path = pathOf(name);
    isTidied ??= tidy();
    await isTidied.catch((error) => {
      isTidied = undefined;
      throw error;
    });
    await makeFolder(dirname(path));
    const draft = join(root, partial, randomBytes(12).toString('hex'));
    try {
      await writeSynced(draft, bytes);
      await rename(draft, path);
      syncFolder(dirname(path));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      throw error;
    }
  }

  async function read(name: string, size: number): Promise<Uint8Array | null> {
    const handle = await orNull(open(pathOf(name), readOnly));
    if (!handle) return null;
    try {
      return await readWhole(handle, size);
    } finally {
      await handle.close().catch(() => {});
    }
  }

  async function openBlob(name: string): Promise<OpenBlob | null> {
    const handle = await orNull(open(pathOf(name), readOnly));
    if (!handle) return null;
    try {
      const { size } = await handle.stat();
      return { size, chunks: () => chunksOf(handle, size), close: () => handle.close() };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** In the order of whole names: `a-b` comes before `a/b`, though the folder `a` comes before the file `a-b`. */
  async function* list(below: string, prefix: string, after: string): AsyncGenerator<string> {
    const entries = ((await orNull(readdir(join(root, below), { withFileTypes: true }))) ?? []).filter(isOurs);
    const names = entries.map((entry) => `${below}${entry.name}${entry.isDirectory() ? '/' : ''}`).sort();
    for (const name of names) {
      if (!name.endsWith('/')) {
        if (name.startsWith(prefix) && name > after) yield name;
        continue;
      }
      const mayHaveSome = name.startsWith(prefix) || prefix.startsWith(name);
      if (mayHaveSome && (name > after || after.startsWith(name))) yield* list(name, prefix, after);
    }
  }

  return {
    write: (name, bytes) => run('write a blob', () => write(name, bytes)),
    read: (name, size) => run('read a blob', () => read(name, size)),
    open: (name) => run('open a blob', () => openBlob(name)),
    size: (name) =>
      run('look at a blob', async () => {
        const found = await orNull(stat(pathOf(name)));
        return found?.isFile() ? found.size : null;
      }),
    remove: (name) => run('remove a blob', () => rm(pathOf(name), { force: true })),
    async *list(prefix, after = '') {
      try {
        yield* list('', prefix, after);
      } catch (error) {
        throw asStorageError(error, 'list blobs');
      }
    },
  };
}

/** Others may have put something there, too. */
const isOurs = (entry: Dirent): boolean =>
  (entry.isFile() || entry.isDirectory()) && blobName.test(entry.name) && !entry.name.includes('/');

async function orNull<Value>(work: Promise<Value>): Promise<Value | null> {
  try {
    return await work;
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}
