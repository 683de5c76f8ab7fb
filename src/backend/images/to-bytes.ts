import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** What an image may be given as. */
export type ImageInput = Uint8Array | ArrayBuffer | Blob;

/**
 * @returns the bytes; a view of the input where that is possible, so encrypt them before anything else runs
 * @throws PixstoreError `IMAGE_INPUT_INVALID` or `IMAGE_TOO_LARGE`
 */
export function toBytes(input: ImageInput, maxBytes: number): Uint8Array | Promise<Uint8Array> {
  if (input instanceof Uint8Array) return limited(input, input.length, maxBytes);
  if (input instanceof ArrayBuffer) return limited(new Uint8Array(input), input.byteLength, maxBytes);
  if (input instanceof Blob) {
    return limited(input, input.size, maxBytes)
      .arrayBuffer()
      .then((buffer) => new Uint8Array(buffer));
  }
  const given = input === null ? 'null' : typeof input === 'object' ? 'another object' : typeof input;
  throw new PixstoreError(
    'IMAGE_INPUT_INVALID',
    `An image must be a Buffer, Uint8Array, ArrayBuffer or Blob; ${given} was given. For a path there is saveImageFromFile.`,
  );
}

/**
 * Reads an image file; one that is too large is refused before it is read.
 *
 * @throws PixstoreError `IMAGE_FILE_UNREADABLE` or `IMAGE_TOO_LARGE`
 */
export async function readImageFile(path: string, maxBytes: number): Promise<Uint8Array> {
  if (typeof path !== 'string' || path === '') throw unreadable('the path must be a string that is not empty');
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const found = await handle.stat();
    if (!found.isFile()) throw unreadable(`"${basename(path)}" is not a file`);
    limited(handle, found.size, maxBytes);
    return limited(await handle.readFile(), found.size, maxBytes);
  } catch (cause) {
    if (cause instanceof PixstoreError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw unreadable(`"${basename(path)}" cannot be read (${code})`, cause);
  } finally {
    await handle?.close();
  }
}

function limited<Input>(input: Input, size: number, maxBytes: number): Input {
  if (size <= maxBytes) return input;
  throw new PixstoreError(
    'IMAGE_TOO_LARGE',
    `The image has ${size} bytes; maxImageBytes allows ${maxBytes}. Send a smaller one, or raise the limit.`,
  );
}

function unreadable(problem: string, cause?: unknown): PixstoreError {
  return new PixstoreError('IMAGE_FILE_UNREADABLE', `The image file was not read: ${problem}.`, { cause });
}
