import type { BlobStore } from '../../../src/stores/split/blob-store.js';
import type { RowStore } from '../../../src/stores/split/row-store.js';

/** Names of all that lies in a store of blobs. */
export async function allNames(blobs: BlobStore): Promise<string[]> {
  const names: string[] = [];
  for await (const name of blobs.list('')) names.push(name);
  return names;
}

/** Of ciphertexts, without what stores keep beside them; as rows name them. */
export async function ciphertextNames(blobs: BlobStore): Promise<string[]> {
  const names = (await allNames(blobs)).map((name) => name.slice(name.indexOf('/') + 1));
  return names.filter((name) => /^[0-9a-f]{16}\//.test(name));
}

export async function namedBlobs(rows: RowStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { blob } of rows.partsInBlobs()) names.push(blob);
  return names.sort();
}
