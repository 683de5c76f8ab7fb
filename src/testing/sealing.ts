import assert from 'node:assert/strict';
import type { ImageStore, ImageVersion } from '../stores/port.js';
import { bytesOf } from './versions.js';

/** Gives a folder keys, up to a generation. */
export async function giveKeys(
  store: Pick<ImageStore, 'keyRing' | 'putKeyRing' | 'addFolderKey'>,
  folder: string,
  upTo: number,
  from = 0,
): Promise<void> {
  if (!(await store.keyRing())) await store.putKeyRing(bytesOf('ring', 10), 0);
  for (let generation = from + 1; generation <= upTo; generation += 1) {
    const key = { folder, generation, wrapped: bytesOf(`${folder} ${generation}`, 69) };
    assert.equal(await store.addFolderKey(key, (await store.keyRing())?.version ?? 0), true);
  }
}

/** The version with sealed keys that name a generation; see `generationOf`. */
export function sealedWith(version: ImageVersion, generation: number): ImageVersion {
  const parts = version.parts.map((part) => {
    const sealedKey = bytesOf(`${version.id}.${part.variant}@${version.token} sealed`, 80);
    sealedKey[0] = 2;
    new DataView(sealedKey.buffer).setUint32(1, generation, true);
    return { ...part, sealedKey };
  });
  return { ...version, parts };
}
