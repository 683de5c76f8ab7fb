import { createFrameDecoder } from '../../src/shared/protocol/batch.js';

/** The payloads of a whole batch answer, which holds so many and nothing else. */
export function framesOf(body: Uint8Array, expected: number): Uint8Array[] {
  const payloads = createFrameDecoder()(body);
  const length = payloads.reduce((sum, payload) => sum + 4 + payload.length, 0);
  if (payloads.length === expected && length === body.length) return payloads;
  throw new Error(`${payloads.length} of ${expected} images arrived whole, in ${length} of ${body.length} bytes.`);
}
