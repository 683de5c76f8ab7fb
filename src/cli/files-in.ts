import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PixstoreError } from '../backend/index.js';

/**
 * The files that were named, and those in folders that were named, in the order of their names. Of links in folders those
 * to files are followed, and those to folders are not: they may lead round in a circle.
 *
 * @throws PixstoreError `FILE_UNREADABLE`
 */
export async function* filesIn(names: readonly string[]): AsyncGenerator<string> {
  for (const name of names) {
    if ((await kindOf(name)) === 'folder') yield* filesInFolder(name);
    else yield name;
  }
}

async function* filesInFolder(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw unreadable(folder, cause);
  });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const name = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesInFolder(name);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(name)))) yield name;
  }
}

async function kindOf(name: string): Promise<'folder' | 'other'> {
  try {
    return (await stat(name)).isDirectory() ? 'folder' : 'other';
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

const isFile = (name: string): Promise<boolean> =>
  stat(name).then(
    (found) => found.isFile(),
    () => false,
  );

export function unreadable(name: string, cause: unknown): PixstoreError {
  return new PixstoreError(
    'FILE_UNREADABLE',
    `The file ${basename(name)} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
    { cause },
  );
}
