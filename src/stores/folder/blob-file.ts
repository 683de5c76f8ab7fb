import nodeFs, { type FileHandle } from 'node:fs/promises';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isUnsupported } from '../../shared/unsupported.js';
import { maxChunkBytes } from '../port.js';
import type { OpenBlob } from '../split/blob-store.js';
import { readOnly } from './small-files.js';

/** The calls made to the disk; tests pass in ones that fail. */
// By `import()`: types of a CommonJS project without esModuleInterop know of no default export.
export type FileSystem = Pick<
  typeof import('node:fs/promises'),
  'mkdir' | 'open' | 'opendir' | 'rename' | 'rm' | 'stat'
>;

/** What files of blobs have in common, whoever names them: written once, and then never changed. */

/** Makes a new file, and has it on the disk. */
export async function writeSynced(fs: Pick<FileSystem, 'open'>, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Names in a folder survive a power cut from now on. */
export async function syncDirectory(fs: Pick<FileSystem, 'open'>, path: string): Promise<void> {
  if (process.platform === 'win32') return; // has no handles to directories
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    await handle.close();
  }
}

/** @returns null when there is no such file, or it does not have so many bytes */
export async function readFileOf(fs: Pick<FileSystem, 'open'>, path: string, size: number): Promise<Uint8Array | null> {
  const handle = await orNull(fs.open(path, readOnly));
  if (!handle) return null;
  try {
    return await readWhole(handle, size);
  } finally {
    // What was read is right, and the system takes the file back, whatever it says of closing it.
    await handle.close().catch(() => {});
  }
}

/** @returns null when there is no such file */
export async function openFile(fs: Pick<FileSystem, 'open'>, path: string): Promise<OpenBlob | null> {
  const handle = await orNull(fs.open(path, readOnly));
  if (!handle) return null;
  try {
    const { size } = await handle.stat();
    return { size, chunks: () => chunksOf(handle, size), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const unaskedUpTo = 1024 * 1024;

/**
 * Every call goes to another thread and back, so the file is not asked for its length first: one byte more is read than
 * there should be.
 *
 * @returns null when the file has fewer bytes, or more
 */
async function readWhole(handle: FileHandle, size: number): Promise<Uint8Array | null> {
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

async function* chunksOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < size; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(maxChunkBytes), 0, maxChunkBytes, at);
    if (bytesRead === 0) return; // it is shorter by now, which whoever counts notices
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export async function ignoring<Value>(code: string, work: Promise<Value>): Promise<Value | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return null;
    throw error;
  }
}

export const orNull = <Value>(work: Promise<Value>) => ignoring('ENOENT', work);

export async function isLink(path: string): Promise<boolean> {
  return (await orNull(nodeFs.lstat(path)))?.isSymbolicLink() === true;
}

export function linkedFolder(root: string): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    `A folder in ${root} is a link to another place, which pixstore never makes. Put the real folder there.`,
  );
}
