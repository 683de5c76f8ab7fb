import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Made by the last commit that had schema 2 (ec0e03e), which is in it as well: `pixstore/` is its `dist/backend/index.js`
 * and `writer-worker.js`, each bundled by esbuild for Node with better-sqlite3 left out. Never to be made again.
 */
export const schema2 = fileURLToPath(new URL('../fixtures/schema-2', import.meta.url));

export interface Expected {
  masterKey: string;
  /** Of images and, by joined id, of variants. */
  images: { id: string; token: number; bytes: number; sha256: string }[];
  removed: { id: string; token: number }[];
}

export const expected: Expected = JSON.parse(readFileSync(join(schema2, 'expected.json'), 'utf8'));

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Puts the store of the fixture into a folder. */
export function placeSchema2(folder: string): void {
  for (const name of ['images', 'images.sqlite']) cpSync(join(schema2, name), join(folder, name), { recursive: true });
}
