import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where a real photo of the demo is. */
export function photoPath(name: string): string {
  return fileURLToPath(new URL(`../../demo/photos/${name}`, import.meta.url));
}

export function photo(name: string): Buffer<ArrayBuffer> {
  return readFileSync(photoPath(name)) as Buffer<ArrayBuffer>;
}

/** As cameras make them: 300 x 451 pixels with EXIF orientation 8, so 451 x 300 upright, and the place it was taken at. */
export function photoWithPlace(): Buffer<ArrayBuffer> {
  const file = new URL('../fixtures/pictures/cat-gps-rotated.jpg', import.meta.url);
  return readFileSync(file) as Buffer<ArrayBuffer>;
}
