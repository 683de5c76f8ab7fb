import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { EndpointRequest } from './handler.js';
import type { Reading } from './reading-limit.js';

export interface ReadBodyOptions {
  /** Bytes it may have. */
  limit: number;
  /** ms it may take. */
  patience: number;
  /** Has it counted. `giveUp` ends the reading: when others need what it takes up, for instance. */
  begin(giveUp: (failure: PixstoreError) => void): Pick<Reading, 'add' | 'end'>;
  failures: BodyFailures;
}

/** What a body of this kind may fail by. */
export interface BodyFailures {
  tooLarge(limit: number): PixstoreError;
  tooSlow(): PixstoreError;
  /** Its sender hung up: no fault of ours. */
  cutOff(cause: unknown): PixstoreError;
}

// What a batch of some dozens of images has.
const firstLength = 8 * 1024;

/**
 * The body of a request. Whoever sends it slowly, or never to its end, is given up; what says that it is too large is not
 * read at all.
 *
 * @throws PixstoreError one of `failures`, or what it was given up by
 */
export async function readBody(request: EndpointRequest, options: ReadBodyOptions): Promise<Buffer> {
  const { limit, patience, begin, failures } = options;
  if (Number(request.header('content-length')) > limit) throw failures.tooLarge(limit);
  const chunks = request.chunks();
  let body = Buffer.allocUnsafe(firstLength);
  let length = 0;
  let failure: PixstoreError | undefined;
  let stopWaiting = (_: PixstoreError) => {};
  const giveUp = (error: PixstoreError) => {
    failure ??= error;
    stopWaiting(failure);
  };
  // One promise a chunk, and none that outlives it: there may be as many chunks as bytes.
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      stopWaiting = reject;
      if (failure) reject(failure);
      else chunks.next().then(resolve, reject);
    });

  const reading = begin(giveUp);
  const timer = setTimeout(() => giveUp(failures.tooSlow()), patience).unref();
  request.onGone(() => giveUp(failures.cutOff(undefined)));
  try {
    for (let read = await next(); !read.done; read = await next()) {
      const end = length + read.value.length;
      if (end > limit) throw failures.tooLarge(limit);
      reading.add(read.value.length);
      if (end > body.length) body = enlarged(body, Math.max(end, Math.min(limit, 2 * body.length)));
      body.set(read.value, length);
      length = end;
    }
    return body.subarray(0, length);
  } catch (error) {
    throw error instanceof PixstoreError ? error : failures.cutOff(error);
  } finally {
    clearTimeout(timer);
    reading.end();
    chunks.return?.(undefined).catch(() => {});
  }
}

/** Kept in one piece: of a body that is sent byte by byte, the pieces would take many times as much. */
function enlarged(body: Uint8Array, length: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafe(length);
  larger.set(body);
  return larger;
}
