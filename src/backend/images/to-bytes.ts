import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** What an image may be given as. */
export type ImageInput = Uint8Array | ArrayBuffer | Blob;

/** An image that is known to be small enough, before it is read. */
export interface ImageSource {
  /** Bytes. */
  size: number;
  read(): Uint8Array | Promise<Uint8Array>;
}

/** @throws PixstoreError `IMAGE_INPUT_INVALID` or `IMAGE_TOO_LARGE` */
export function sourceOf(input: ImageInput, maxBytes: number): ImageSource {
  if (input instanceof Uint8Array) return limited(input.length, maxBytes, () => input);
  if (input instanceof ArrayBuffer) return limited(input.byteLength, maxBytes, () => new Uint8Array(input));
  if (input instanceof Blob) {
    return limited(input.size, maxBytes, async () => new Uint8Array(await input.arrayBuffer()));
  }
  const given = input === null ? 'null' : typeof input === 'object' ? 'another object' : typeof input;
  throw new PixstoreError(
    'IMAGE_INPUT_INVALID',
    `An image must be a Buffer, Uint8Array, ArrayBuffer or Blob; ${given} was given. For a path there is saveImageFromFile.`,
  );
}

/** @throws PixstoreError `IMAGE_FILE_UNREADABLE` or `IMAGE_TOO_LARGE`; so may `read` */
export async function sourceOfFile(path: string, maxBytes: number): Promise<ImageSource> {
  if (typeof path !== 'string' || path === '') throw unreadable('the path must be a string that is not empty');
  const name = basename(path);

  async function reading<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (cause) {
      throw unreadable(`"${name}" cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
    }
  }

  const found = await reading(stat(path));
  if (!found.isFile()) throw unreadable(`"${name}" is not a file`);
  return limited(found.size, maxBytes, async () => {
    const bytes = await reading(readFile(path));
    return limited(bytes.length, maxBytes, () => bytes).read(); // it may have grown
  });
}

function limited<Read extends ImageSource['read']>(size: number, maxBytes: number, read: Read) {
  if (size <= maxBytes) return { size, read };
  throw new PixstoreError(
    'IMAGE_TOO_LARGE',
    `The image has ${size} bytes; maxImageBytes allows ${maxBytes}. Send a smaller one, or raise the limit.`,
  );
}

function unreadable(problem: string, cause?: unknown): PixstoreError {
  return new PixstoreError(
    'IMAGE_FILE_UNREADABLE',
    `The image file was not read: ${problem}. Check the path and who may read it.`,
    { cause },
  );
}
