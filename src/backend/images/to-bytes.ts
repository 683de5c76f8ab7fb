import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isAnyArrayBuffer, isDataView, isSharedArrayBuffer, isUint8Array } from 'node:util/types';
import { kindOf } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/**
 * What an image may be given as, from whatever realm (`node:vm`, jsdom) or package (fetch-blob) it comes. Memory that is
 * shared, or that may change its size, is copied before it is looked at.
 */
export type ImageInput = Uint8Array | DataView | ArrayBufferLike | BlobLike;

/** A `Blob` or `File`, also one of a polyfill; told by its `Symbol.toStringTag`. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number;
  arrayBuffer(): Promise<ArrayBufferLike>;
}

/** An image that is known to be small enough, before it is read. */
export interface ImageSource {
  /** Bytes. */
  size: number;
  read(): Uint8Array | Promise<Uint8Array>;
}

/** @throws PixstoreError `IMAGE_INPUT_INVALID` or `IMAGE_TOO_LARGE`; so may `read`, and `IMAGE_FILE_UNREADABLE` */
export function sourceOf(input: ImageInput, maxBytes: number): ImageSource {
  const bytes = viewOf(input);
  if (bytes) return limited(bytes.length, maxBytes, () => unchanging(bytes));
  if (isBlob(input)) return limited(input.size, maxBytes, () => readBlob(input, maxBytes));
  throw invalid(kindOf(input));
}

/**
 * Undefined for what is not bytes. Told by what they are inside and not by instanceof, which is false for those of
 * another realm. A plain view of fixed length, since a subclass may have methods of its own.
 *
 * @throws PixstoreError `IMAGE_INPUT_INVALID`
 */
function viewOf(input: unknown): Uint8Array | undefined {
  try {
    if (isUint8Array(input) || isDataView(input)) {
      return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    }
    return isAnyArrayBuffer(input) ? new Uint8Array(input, 0, input.byteLength) : undefined;
  } catch {
    throw invalid('one whose memory was transferred or cut off');
  }
}

/** Nobody may change or shorten the bytes between the look at their header and their encryption. */
function unchanging(bytes: Uint8Array): Uint8Array {
  const mayChange = isSharedArrayBuffer(bytes.buffer) || isResizable(bytes.buffer);
  const isThere = bytes.length > 0; // false too when the memory has become shorter than the view
  return mayChange && isThere ? new Uint8Array(bytes) : bytes;
}

/** `ArrayBuffer.prototype.resizable` of ES2024, which Node 20 has. */
function isResizable(buffer: object): boolean {
  return (buffer as { resizable?: boolean }).resizable === true;
}

function isBlob(input: unknown): input is BlobLike {
  if (typeof input !== 'object' || input === null) return false;
  const { size, arrayBuffer } = input as BlobLike;
  const tag = (input as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return (
    (tag === 'Blob' || tag === 'File') && Number.isSafeInteger(size) && size >= 0 && typeof arrayBuffer === 'function'
  );
}

async function readBlob(blob: BlobLike, maxBytes: number): Promise<Uint8Array> {
  let content: unknown;
  try {
    content = await blob.arrayBuffer();
  } catch (cause) {
    throw unreadable(`the Blob does not give its bytes (${(cause as Error | null)?.name})`, cause);
  }
  const bytes = viewOf(content);
  if (!bytes) throw invalid(`a Blob of ${kindOf(content)}`);
  return limited(bytes.length, maxBytes, () => unchanging(bytes)).read(); // it may have more than it said
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

function invalid(given: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_INPUT_INVALID',
    `An image must be a Buffer, Uint8Array, DataView, ArrayBuffer or Blob; ${given} was given. For a path there is saveImageFromFile.`,
  );
}
