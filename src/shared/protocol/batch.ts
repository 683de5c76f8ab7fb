import { PixstoreError } from '../errors/pixstore-error.js';
import { frameHeaderLength } from './layout.js';

/** The version of the batch format; a request of another version is refused. */
export const batchVersion = 1;

/** At most so many images in one batch request. */
export const maxBatchEntries = 256;

/** One image of a batch request. Whether id, token and proof are any good is decided entry by entry. */
export interface BatchEntry {
  id: string;
  token?: number;
  proof?: string;
}

/** The body of a batch request: JSON, sent as `text/plain` so that a browser needs no preflight. */
export function encodeBatchRequest(entries: readonly BatchEntry[]): string {
  return JSON.stringify({ version: batchVersion, images: entries });
}

/**
 * Reads the body of a batch request.
 *
 * @throws PixstoreError `BATCH_INVALID` when the body as a whole cannot be read; a bad entry is not its concern
 */
export function decodeBatchRequest(body: string): unknown[] {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    throw invalid('is not JSON');
  }
  const { version, images } = (request ?? {}) as { version?: unknown; images?: unknown };
  if (version !== batchVersion) throw invalid(`must have "version": ${batchVersion}`);
  if (!Array.isArray(images)) throw invalid('must have a list "images"');
  if (images.length > maxBatchEntries) {
    throw invalid(`asks for ${images.length} images; at most ${maxBatchEntries} go into one`);
  }
  return images;
}

/** What stands before each payload of a batch answer: its length (u32, little-endian). */
export function frameHeader(payloadLength: number): Uint8Array {
  const header = new Uint8Array(frameHeaderLength);
  new DataView(header.buffer).setUint32(0, payloadLength, true);
  return header;
}

/**
 * Takes a batch answer apart as it streams in. Hand it the next bytes, and it gives back the payloads that are complete
 * with them, in request order: views of what it was handed where it can be.
 *
 * @example
 * const payloadsIn = createFrameDecoder();
 * for await (const chunk of body) for (const payload of payloadsIn(chunk)) show(payload);
 */
export function createFrameDecoder(): (chunk: Uint8Array) => Uint8Array[] {
  let part: Uint8Array = new Uint8Array();
  let length = frameHeaderLength;
  let filled = 0;
  let inPayload = false;

  return (chunk) => {
    const payloads: Uint8Array[] = [];
    for (let rest = chunk; ; ) {
      const bytes = rest.subarray(0, length - filled);
      rest = rest.subarray(bytes.length);
      if (bytes.length === length) part = bytes;
      else {
        if (filled === 0) part = new Uint8Array(length);
        part.set(bytes, filled);
        filled += bytes.length;
        if (filled < length) return payloads;
      }
      if (inPayload) payloads.push(part);
      length = inPayload ? frameHeaderLength : new DataView(part.buffer, part.byteOffset).getUint32(0, true);
      filled = 0;
      inPayload = !inPayload;
    }
  };
}

function invalid(problem: string): PixstoreError {
  return new PixstoreError('BATCH_INVALID', `The body of a batch request ${problem}. See docs/wire-format.md.`);
}
