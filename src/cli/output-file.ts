import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PixstoreError } from '../backend/index.js';

/**
 * Writes a file, for its owner only, that is there whole or not at all. One that was there before stays until then, and
 * leaves its owner and mode to the new one: root may write what a server has to read. Where a link leads to stays a link.
 *
 * @throws PixstoreError `FILE_UNWRITABLE`
 */
export async function writeWhole(name: string, bytes: Uint8Array): Promise<void> {
  try {
    const before = await stat(name).catch(unlessMissing);
    if (!before) await replace(name, bytes);
    else if (before.isFile()) await replace(await realpath(name), bytes, before);
    else await writeFile(name, bytes); // a pipe or a device: what is renamed to it would be another file
  } catch (cause) {
    throw unwritable(name, cause);
  }
}

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

export function unwritable(name: string, cause: unknown): PixstoreError {
  return new PixstoreError(
    'FILE_UNWRITABLE',
    `The file ${basename(name)} cannot be written (${(cause as NodeJS.ErrnoException).code}).`,
    { cause },
  );
}
