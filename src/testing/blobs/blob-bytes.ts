import assert from 'node:assert/strict';
import type { BlobStore, OpenBlob } from '../../stores/split/blob-store.js';
import { bytesOf } from '../versions.js';

/** Sizes on both sides of where stores of blobs may change how they send or keep one, in bytes. */
export const blobSizes = [0, 1, 65_536, 65_537, 3 * 1024 * 1024 + 1];

/** A name as `splitStore` makes them, and the bytes that a test keeps under it. */
export function blobOf(seed: string, size: number): { name: string; bytes: Uint8Array } {
  const hex = (length: number, of: string) => Buffer.from(bytesOf(of, length)).toString('hex');
  return {
    name: `${hex(16, 'store')}/${hex(8, 'session')}/${hex(16, `name of ${seed}`)}`,
    bytes: bytesOf(seed, size),
  };
}

export async function openOne(blobs: BlobStore, name: string): Promise<OpenBlob> {
  const blob = await blobs.open(name);
  assert.ok(blob, 'a blob that was written was not found');
  return blob;
}

/** Reads an opened blob to its end; every chunk has its bytes still when all were read. */
export async function readChunks(blob: OpenBlob): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blob.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** It is there as these bytes, whichever way one asks. */
export async function assertKept(blobs: BlobStore, name: string, bytes: Uint8Array): Promise<void> {
  assert.equal(await blobs.size(name), bytes.length);
  assertSame(await blobs.read(name, bytes.length), bytes);
  const blob = await openOne(blobs, name);
  assert.equal(blob.size, bytes.length);
  assertSame(await readChunks(blob), bytes);
  await blob.close();
}

export async function assertNone(blobs: BlobStore, name: string, size = 1): Promise<void> {
  assert.equal(await blobs.size(name), null);
  assert.ok((await blobs.read(name, size)) === null);
  assert.ok((await blobs.read(name, 0)) === null);
  assert.ok((await blobs.open(name)) === null);
}

export function assertSame(found: Uint8Array | null, bytes: Uint8Array): void {
  assert.ok(found instanceof Uint8Array, 'it gave something other than bytes');
  assert.ok(Buffer.compare(found, bytes) === 0, 'it gave other bytes than were written');
}

export async function namesOf(list: AsyncIterable<string>): Promise<string[]> {
  const names: string[] = [];
  for await (const name of list) names.push(name);
  return names;
}
