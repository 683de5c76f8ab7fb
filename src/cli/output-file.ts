import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { PixstoreError } from '../backend/index.js';

/**
 * Writes a file that is there whole or not at all: one of this name that was there before stays until then.
 *
 * @throws PixstoreError `FILE_UNWRITABLE`
 */
export async function writeWhole(name: string, bytes: Uint8Array, mode = 0o666): Promise<void> {
  const draft = `${name}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, name);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw unwritable(name, cause);
  }
}

export function unwritable(name: string, cause: unknown): PixstoreError {
  return new PixstoreError(
    'FILE_UNWRITABLE',
    `The file ${basename(name)} cannot be written (${(cause as NodeJS.ErrnoException).code}).`,
    { cause },
  );
}
