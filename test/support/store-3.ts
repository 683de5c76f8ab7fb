import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findDriver } from '../../src/stores/local/driver.js';
import { temporaryFolder } from './folders.js';

/** Made by pixstore 3.2.1 itself: scripts/make-v3-store.mjs. */
const fixture = fileURLToPath(new URL('../fixtures/store-3.2.1', import.meta.url));

interface Expected {
  id: string;
  token: number;
  /** Of the picture's file. */
  sha256: string;
}

export const expected: Expected[] = JSON.parse(readFileSync(join(fixture, 'expected.json'), 'utf8'));

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A copy of it, to be damaged and migrated. */
export async function placeStore3() {
  const folder = await temporaryFolder();
  cpSync(fixture, folder, { recursive: true });
  const [database, imageDir] = [join(folder, 'images.sqlite'), join(folder, 'images')];
  return {
    folder,
    from: { database, imageDir },
    fileOf: (id: string) => join(imageDir, `${id.replace(':', '/')}.pixstore-image`),
    sql(text: string, ...values: (string | number | null)[]) {
      const opened = findDriver()(database);
      opened.prepare(text).run(...values);
      opened.close();
    },
  };
}

/** Everything there is in a folder: names, bytes, times of writing and modes. */
export function stateOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, mode } = statSync(path);
    const content = entry.isFile() ? sha256(readFileSync(path)) : 'folder';
    return [relative(folder, path), `${content} ${mtimeMs} ${mode}`];
  });
  return Object.fromEntries(entries);
}
