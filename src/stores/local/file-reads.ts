import type { FileHandle } from 'node:fs/promises';
import { maxChunkBytes } from '../port.js';

const unaskedUpTo = 1024 * 1024;

/**
 * Every call goes to another thread and back, so the file is not asked for its length first: one byte more is read than
 * there should be.
 *
 * @returns null when the file has fewer bytes, or more
 */
export async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array | null> {
  // But before much memory is set aside for it.
  if (size > unaskedUpTo && (await handle.stat()).size !== size) return null;
  const bytes = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  do {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  } while (length < size);
  return length === size ? bytes.subarray(0, size) : null;
}

/** In pieces that are the caller's to keep. */
export async function* chunksOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < size; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(maxChunkBytes), 0, maxChunkBytes, at);
    if (bytesRead === 0) return; // it is shorter by now, which whoever counts notices
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
