import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of all files that a local store, or what it shares its folder with, has there, but for the marks of stores. */
export function filesIn(imageRootDir: string): string[] {
  return readdirSync(imageRootDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'mark.json' && entry.name !== 'progress')
    .map((entry) => join(entry.parentPath, entry.name));
}
