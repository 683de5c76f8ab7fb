import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { ignoring, orNull, syncDirectory, writeSynced } from './blob-file.js';
import { makeDurably } from './durable-folder.js';

const markName = '.pixstore-blobs';
const unfinishedName = '.unfinished';

// No write goes on for so long, in ms.
const unfinishedAge = 24 * 3_600_000;

/**
 * The folder of `fileBlobs`. A file says that it is there: where a disk is no longer mounted there may be a folder all the
 * same, and what is written to that is lost once the disk is back. Blobs that are not whole yet have a folder of their own.
 */
export function openBlobFolder(root: string) {
  const mark = join(root, markName);
  const unfinishedFolder = join(root, unfinishedName);
  /** Was the mark there before? */
  let isKnown = false;
  let making: Promise<void> | undefined;

  async function isThere(): Promise<boolean> {
    const found = await orNull(fs.lstat(mark));
    if (found) isKnown = true;
    return found !== null;
  }

  async function makeFolder(): Promise<void> {
    if (isKnown) throw folderGone();
    makeDurably(root);
    await ignoring('EEXIST', fs.mkdir(unfinishedFolder, { mode: 0o700 }));
    await ignoring('EEXIST', writeSynced(fs, mark, Buffer.from('pixstore keeps encrypted images here. Leave this.\n')));
    await syncDirectory(fs, root);
    isKnown = true;
  }

  /** Of processes that died. Ages are told by the disk's own clock. */
  async function removeUnfinished(): Promise<void> {
    const probe = join(unfinishedFolder, randomUUID());
    await fs.writeFile(probe, '', { flag: 'wx', mode: 0o600 });
    const { mtimeMs: now } = await fs.lstat(probe);
    await fs.rm(probe, { force: true });
    for (const name of await fs.readdir(unfinishedFolder)) {
      const path = join(unfinishedFolder, name);
      const found = await orNull(fs.lstat(path));
      if (found && now - found.mtimeMs > unfinishedAge) await fs.rm(path, { force: true });
    }
  }

  async function prepare(): Promise<void> {
    if (!(await isThere())) await makeFolder();
    await ignoring('EEXIST', fs.mkdir(unfinishedFolder, { mode: 0o700 }));
    await removeUnfinished().catch(() => {}); // another process will
  }

  async function requireThere(): Promise<void> {
    if (!(await isThere()) && isKnown) throw folderGone();
  }

  return {
    /** @throws PixstoreError `IMAGE_DIR_MISSING` when it was there, and is not any more */
    requireThere,

    /** Makes it, unless it was there before. @throws PixstoreError `IMAGE_DIR_MISSING` */
    async make(): Promise<void> {
      making ??= prepare().catch((error) => {
        making = undefined;
        throw error;
      });
      await making;
      await requireThere();
    },

    /** The path of a blob that is not whole yet. */
    unfinished: (name: string): string => join(unfinishedFolder, name),
  };
}

function folderGone(): PixstoreError {
  return new PixstoreError(
    'IMAGE_DIR_MISSING',
    'The folder of fileBlobs, in which there were blobs, is not there any more: is its disk mounted? Nothing was made or changed.',
  );
}
