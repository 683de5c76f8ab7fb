import type { Picture, Wanted } from '../../src/backend/images/processing-port.js';

/** A picture that `inspectImage` would describe so. */
export function pictureOf(bytes: Uint8Array, format: string, width: number, height: number): Picture {
  return { bytes, format: format as Picture['format'], width, height };
}

/** What is made in most tests: all that a folder has, and no placeholder. */
export function wanted(variants: readonly string[] = [], more: Partial<Wanted> = {}): Wanted {
  return { dir: '', variants, placeholder: false, ...more };
}
