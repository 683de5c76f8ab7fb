import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where a real photo of the demo is. */
export function photoPath(name: string): string {
  return fileURLToPath(new URL(`../../demo/photos/${name}`, import.meta.url));
}

export function photo(name: string): Buffer<ArrayBuffer> {
  return readFileSync(photoPath(name)) as Buffer<ArrayBuffer>;
}
