import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const marks = ['mark.json', 'progress', 'taken-over'];

/** Paths of all files that a local store, or what it shares its folder with, has there, but for the marks of stores. */
export function filesIn(imageRootDir: string): string[] {
  return readdirSync(imageRootDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !marks.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
