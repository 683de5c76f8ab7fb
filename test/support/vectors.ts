import { readFileSync } from 'node:fs';

/** Golden vectors: computed once, without our code, and never made again. */
export function readVectors<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
}

export function fromHex(hex: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(hex ?? '', 'hex'));
}
