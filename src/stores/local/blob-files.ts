import { constants, lstatSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isUnsupported } from '../../shared/unsupported.js';
import { newBlobName, sessionPattern } from '../split/blob-name.js';
import type { SessionBlobs } from '../split/session-blobs.js';
import { createBatcher } from './batcher.js';
import { isBlobName, isUnmarkedBlob } from './file-name.js';
import { chunksOf, readWhole } from './file-reads.js';
import { isOfStore, storeFolder } from './mark.js';
import { isNotThere, readOnly } from './small-files.js';
import { imageDirMissing } from './storage-error.js';

/** The calls made to the disk; tests pass in ones that fail. */
// By `import()`: types of a CommonJS project without esModuleInterop know of no default export.
export type FileSystem = Pick<
  typeof import('node:fs/promises'),
  'mkdir' | 'open' | 'opendir' | 'rename' | 'rm' | 'stat'
>;

/** Files that are written once, under random names, and never changed. */
export interface BlobFiles extends SessionBlobs {
  /** Copies a file to a new place; what it holds is then on the disk. @returns false when there is no such file */
  copy(name: string, target: string): Promise<boolean>;
}

const temporary = '.tmp';

// A folder that was none is looked at again after so many ms.
const lookPause = 1_000;
const mostLookedAt = 10_000;

/**
 * Keeps files in the folder of a store, by sessions. Names are random and the store's own: nothing of an image id ever
 * becomes part of a path.
 *
 * @param root - the folder of all stores, in which those of schema 1 have files too
 * @throws PixstoreError `STORAGE_FAILED` when the folder of the store is a link
 */
export function openBlobFiles(root: string, storeId: string, fs: FileSystem = nodeFs): BlobFiles {
  const folder = storeFolder(root, storeId);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) throw linkedFolder();
  const lookedAt = new Map<string, number>();
  let syncing: { session: string; sync(name: string): Promise<void> } | undefined;

  async function syncDirectory(path: string): Promise<void> {
    if (process.platform === 'win32') return; // has no handles to directories
    const handle = await fs.open(path, 'r');
    try {
      await handle.sync();
    } catch (error) {
      if (!isUnsupported(error)) throw error;
    } finally {
      await handle.close();
    }
  }

  /** One sync is shared by all files that were put into a folder at the same time. */
  function syncSession(session: string, name: string): Promise<void> {
    if (syncing?.session !== session) {
      const sync = createBatcher<string, void>(async () => {
        await syncDirectory(join(folder, session));
        return [];
      });
      syncing = { session, sync };
    }
    return syncing.sync(name);
  }

  /** @throws when the folder that it is in is a link: it would lead out of here */
  async function pathOf(name: string): Promise<string> {
    const parent = join(isUnmarkedBlob(name) ? root : folder, name.slice(0, name.indexOf('/')));
    if (performance.now() - (lookedAt.get(parent) ?? Number.NEGATIVE_INFINITY) >= lookPause) {
      if (await isLink(parent)) throw linkedFolder();
      if (lookedAt.size >= mostLookedAt) lookedAt.clear();
      lookedAt.set(parent, performance.now());
    }
    return join(parent, name.slice(name.indexOf('/') + 1));
  }

  /** What lies in the folder of a session, or of the store (`''`), however much that is. */
  async function* namesIn(session: string): AsyncGenerator<string> {
    const entries = await orNull(fs.opendir(join(folder, session)));
    if (entries) for await (const { name } of entries) yield session ? `${session}/${name}` : name;
  }

  async function isThere(name: string): Promise<boolean> {
    return (await orNull(nodeFs.lstat(join(folder, name)))) !== null;
  }

  async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
    const handle = await fs.open(path, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  return {
    async makeSession(session) {
      try {
        await ignoring('EEXIST', fs.mkdir(folder, { mode: 0o700 }));
        await syncDirectory(root);
        await fs.mkdir(join(folder, session), { mode: 0o700 });
        await syncDirectory(folder);
      } catch (error) {
        throw isNotThere(error) ? imageDirMissing() : error;
      }
    },

    unmakeSession: (session) =>
      nodeFs.rmdir(join(folder, session)).then(
        () => true,
        () => true, // it was not made
      ),

    async write(session, bytes) {
      const name = newBlobName(session);
      const path = join(folder, name);
      try {
        await writeSynced(path + temporary, bytes);
        await fs.rename(path + temporary, path);
        await syncSession(session, name);
      } catch (error) {
        await fs.rm(path + temporary, { force: true }).catch(() => {});
        await fs.rm(path, { force: true }).catch(() => {});
        throw isNotThere(error) ? imageDirMissing() : error;
      }
      return name;
    },

    async read(name, size) {
      const handle = await orNull(fs.open(await pathOf(name), readOnly));
      if (!handle) return null;
      try {
        return await readWhole(handle, size);
      } finally {
        // What was read is right, and the system takes the file back, whatever it says of closing it.
        await handle.close().catch(() => {});
      }
    },

    async open(name) {
      const handle = await orNull(fs.open(await pathOf(name), readOnly));
      if (!handle) return null;
      try {
        const { size } = await handle.stat();
        return { size, chunks: () => chunksOf(handle, size), close: () => handle.close() };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },

    async size(name) {
      if (!isBlobName(name)) return null;
      const path = await pathOf(name).catch((error) => {
        if (error instanceof PixstoreError) return null;
        throw error;
      });
      return path === null || (await isLink(path)) ? null : ((await orNull(fs.stat(path)))?.size ?? null);
    },

    async copy(name, target) {
      const path = await pathOf(name);
      if (!(await orNull(nodeFs.lstat(path)))?.isFile()) return false;
      // Where the file system can, the copy shares the bytes. Nothing is returned when all is well, so null tells.
      if ((await orNull(nodeFs.copyFile(path, target, constants.COPYFILE_FICLONE))) === null) return false;
      const copied = await nodeFs.open(target, 'r+');
      try {
        await copied.datasync();
      } finally {
        await copied.close();
      }
      return true;
    },

    async remove(name) {
      await fs.rm(await pathOf(name), { force: true });
    },

    async *list(session) {
      for await (const name of namesIn(session)) if (isOurs(name)) yield name;
    },

    async *foreign(isKnown) {
      for await (const name of namesIn('')) {
        if (isOfStore(name)) continue;
        if (!sessionPattern.test(name) || !(await isKnown(name))) {
          if (await isThere(name)) yield name;
          continue;
        }
        for await (const inside of namesIn(name)) if (!isOurs(inside)) yield inside;
      }
    },

    removeSession: (session) =>
      nodeFs.rmdir(join(folder, session)).then(
        () => true,
        () => false,
      ),
  };
}

/** Others may have put something there, too. */
const isOurs = (name: string): boolean => isBlobName(name.replace(/\.tmp$/, ''));

async function ignoring<Value>(code: string, work: Promise<Value>): Promise<Value | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return null;
    throw error;
  }
}

const orNull = <Value>(work: Promise<Value>) => ignoring('ENOENT', work);

async function isLink(path: string): Promise<boolean> {
  return (await orNull(nodeFs.lstat(path)))?.isSymbolicLink() === true;
}

function linkedFolder(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'A folder in imageRootDir is a link to another place, which pixstore never makes. Put the real folder there.',
  );
}
