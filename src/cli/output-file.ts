import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PixstoreError } from '../backend/index.js';

/** How a file is written. */
export interface WriteOptions {
  /**
   * Where a file that is there cannot be replaced, since it is somebody else's, or its folder takes no other file, write into
   * it, as a shell does. A crash may leave half of it, so not for what cannot be had again. Default: false.
   */
  orInPlace?: boolean;
}

/**
 * Writes a file, for its owner only, that is there whole or not at all. One that was there before stays until then, and
 * leaves its owner and mode to the new one: root may write what a server has to read. Where a link leads to stays a link;
 * one that leads nowhere is refused.
 *
 * @throws PixstoreError `FILE_UNWRITABLE`
 */
export async function writeWhole(
  name: string,
  bytes: Uint8Array,
  { orInPlace = false }: WriteOptions = {},
): Promise<void> {
  try {
    const before = await stat(name).catch(unlessMissing);
    if (before?.isFile()) {
      await replace(await realpath(name), bytes, before).catch((cause) => {
        if (!orInPlace || !irreplaceable.has(cause.code)) throw cause;
        return writeFile(name, bytes);
      });
    } else if (before) {
      await writeFile(name, bytes); // a pipe or a device: what is renamed to it would be another file
    } else if (await lstat(name).catch(unlessMissing)) {
      throw leadsNowhere(name);
    } else {
      await replace(name, bytes);
    }
  } catch (cause) {
    throw cause instanceof PixstoreError ? cause : unwritable(name, cause);
  }
}

// Owner or folder do not allow it, or it is mounted by itself.
const irreplaceable = new Set(['EPERM', 'EACCES', 'EBUSY']);

async function replace(path: string, bytes: Uint8Array, before?: Stats): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      const own = await file.stat();
      if (before && (before.uid !== own.uid || before.gid !== own.gid)) await file.chown(before.uid, before.gid);
      if (before) await file.chmod(before.mode & 0o7777);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw cause;
  }
}

function unlessMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause;
}

function leadsNowhere(name: string): PixstoreError {
  return new PixstoreError(
    'FILE_UNWRITABLE',
    `The file ${basename(name)} is a link that leads nowhere. Nothing was written; remove it, or make what it leads to.`,
  );
}

export function unwritable(name: string, cause: unknown): PixstoreError {
  return new PixstoreError(
    'FILE_UNWRITABLE',
    `The file ${basename(name)} cannot be written (${(cause as NodeJS.ErrnoException).code}).`,
    { cause },
  );
}
