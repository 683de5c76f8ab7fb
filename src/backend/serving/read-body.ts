import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { batchCrowdedOut, batchCutOff, batchTooLarge, batchTooSlow } from './batch-errors.js';
import type { EndpointRequest } from './handler.js';
import type { Reading } from './reading-limit.js';

export interface ReadBodyOptions {
  /** Bytes it may have. */
  limit: number;
  /** ms it may take. */
  patience: number;
  /** Has it counted. `giveUp` is called when others need what it takes up. */
  begin(giveUp: () => void): Reading;
}

// What a batch of some dozens of images has.
const firstLength = 8 * 1024;

/**
 * The body of a request as text. Whoever sends it slowly, or never to its end, is given up.
 *
 * @throws PixstoreError `BATCH_TOO_LARGE`, `BATCH_TOO_SLOW`, `BATCH_CROWDED_OUT`, `BATCH_INVALID`
 */
export async function readBody(request: EndpointRequest, { limit, patience, begin }: ReadBodyOptions): Promise<string> {
  if (Number(request.header('content-length')) > limit) throw batchTooLarge(limit);
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

  const reading = begin(() => giveUp(batchCrowdedOut()));
  const timer = setTimeout(() => giveUp(batchTooSlow()), patience).unref();
  request.onGone(() => giveUp(batchCutOff(undefined)));
  try {
    for (let read = await next(); !read.done; read = await next()) {
      const end = length + read.value.length;
      if (end > limit) throw batchTooLarge(limit);
      reading.add(read.value.length);
      if (end > body.length) body = enlarged(body, Math.max(end, 2 * body.length));
      body.set(read.value, length);
      length = end;
    }
    return body.toString('utf8', 0, length);
  } catch (error) {
    throw error instanceof PixstoreError ? error : batchCutOff(error);
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
