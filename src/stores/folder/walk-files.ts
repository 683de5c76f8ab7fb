import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { isNotThere } from './small-files.js';

/** Which names are wanted. */
export interface WalkedNames {
  prefix: string;
  /** They come after this one. */
  after: string;
}

/**
 * Names of files in a folder and all below it, in the order of their bytes. What begins with a dot is left out. Folders in
 * which there can be none of those that are wanted are not looked at.
 *
 * @param within - the folder, as names of its files begin: empty, or with a slash at its end
 */
export async function* walkFiles(root: string, within: string, wanted: WalkedNames): AsyncGenerator<string> {
  const entries = await entriesOf(join(root, within));
  // A folder's files come where its name would with a slash behind it.
  const found = entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
    .map((entry) => within + entry.name + (entry.isFile() ? '' : '/'))
    .sort();
  const { prefix, after } = wanted;
  for (const name of found) {
    if (!name.endsWith('/')) {
      if (name.startsWith(prefix) && name > after) yield name;
    } else if ((name.startsWith(prefix) || prefix.startsWith(name)) && (name > after || after.startsWith(name))) {
      yield* walkFiles(root, name, wanted);
    }
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}
