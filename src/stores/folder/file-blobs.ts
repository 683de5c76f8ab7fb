import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { BlobStore } from '../split/blob-store.js';
import { isLink, linkedFolder, openFile, orNull, readFileOf, syncDirectory, writeSynced } from './blob-file.js';
import { openBlobFolder } from './blob-folder.js';
import { asDiskError } from './disk-error.js';
import { isNotThere } from './small-files.js';
import { walkFiles } from './walk-files.js';

// A folder may be removed, since it is empty, when somebody is about to put something there.
const mostMoves = 10;

/**
 * Keeps blobs as files of a folder, which several servers may share: on a disk over a network, or as volumes of one machine.
 * A blob is on the disk, in its place, when `write` resolves; nobody ever finds a part of it. Links are not followed.
 *
 * The folder is made by the first write. When it goes later, since its disk does, nothing is made in its place.
 *
 * @param folder - where nothing else is kept; relative to the working directory as it is now
 * @throws PixstoreError `CONFIG_INVALID`; what it gives throws `STORAGE_FULL`, `STORAGE_FAILED` and `IMAGE_DIR_MISSING`
 * @example
 * const store = splitStore(rows, fileBlobs('/mnt/pictures'));
 */
export function fileBlobs(folder: string): BlobStore {
  if (typeof folder !== 'string' || folder === '')
    throw new PixstoreError('CONFIG_INVALID', 'fileBlobs takes the path of a folder.');
  const root = resolve(folder);
  const place = openBlobFolder(root);
  /** Folders that are there after a power cut, with the numbers they had. */
  const durable = new Map<string, bigint>();

  /** @throws when a folder that it is in is a link: it would lead out of here */
  async function pathOf(name: string): Promise<string> {
    let path = root;
    for (const piece of name.split('/').slice(0, -1)) {
      path = join(path, piece);
      if (await isLink(path)) throw linkedFolder('the folder of fileBlobs');
    }
    return join(root, name);
  }

  async function moveInto(path: string, unfinished: string): Promise<void> {
    for (let moves = 1; ; moves += 1) {
      try {
        await fs.rename(unfinished, path);
        return;
      } catch (error) {
        if (!isNotThere(error) || moves === mostMoves) throw error;
        await place.requireThere();
        await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
      }
    }
  }

  /** A name survives a power cut when its folder was synced, and so on up to one of which that is known. */
  async function syncName(path: string): Promise<void> {
    const parent = dirname(path);
    await syncDirectory(fs, parent);
    if (parent === root) return;
    const { ino } = await fs.lstat(parent, { bigint: true });
    if (durable.get(parent) === ino) return;
    await syncName(parent);
    durable.set(parent, ino); // no sooner: others go by it
  }

  async function write(name: string, bytes: Uint8Array): Promise<void> {
    await place.make();
    const path = await pathOf(name);
    const unfinished = place.unfinished(randomUUID());
    try {
      await writeSynced(fs, unfinished, bytes);
      await moveInto(path, unfinished);
      await syncName(path);
    } catch (error) {
      await fs.rm(unfinished, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** A file is not there when the folder of all of them is. */
  async function orNotThere<Found>(find: Promise<Found | null>): Promise<Found | null> {
    const found = await find;
    if (found === null) await place.requireThere();
    return found;
  }

  async function remove(name: string): Promise<void> {
    const path = await pathOf(name);
    await orNotThere(orNull(fs.unlink(path).then(() => true)));
    // Folders of those that wrote long ago would only become more.
    for (let parent = dirname(path); parent !== root; parent = dirname(parent)) {
      durable.delete(parent);
      try {
        await fs.rmdir(parent);
      } catch {
        return; // it holds something
      }
    }
  }

  /** @param work - as in "to read a blob" */
  async function run<Result>(work: string, running: () => Promise<Result>): Promise<Result> {
    try {
      return await running();
    } catch (error) {
      throw asDiskError(error, work);
    }
  }

  return {
    write: (name, bytes) => run('keep a blob', () => write(name, bytes)),
    read: (name, size) => run('read a blob', async () => orNotThere(readFileOf(fs, await pathOf(name), size))),
    open: (name) => run('read a blob', async () => orNotThere(openFile(fs, await pathOf(name)))),
    size: (name) =>
      run('look for a blob', async () => {
        const found = await orNotThere(orNull(fs.lstat(await pathOf(name))));
        return found?.isFile() ? found.size : null;
      }),
    remove: (name) => run('remove a blob', () => remove(name)),
    async *list(prefix, after = '') {
      try {
        await place.requireThere();
        await pathOf(prefix);
        // Straight to the folder that they are in: there is one of all sessions above that of the marks.
        yield* walkFiles(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), { prefix, after });
      } catch (error) {
        throw asDiskError(error, 'list blobs');
      }
    },
  };
}
