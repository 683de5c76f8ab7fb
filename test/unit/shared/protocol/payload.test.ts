import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload, type WirePayload } from '../../../../src/shared/protocol/payload.js';
import { WirePayloadState } from '../../../../src/shared/protocol/states.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  name: keyof typeof WirePayloadState;
  state: WirePayloadState;
  token?: number;
  keyHex?: string;
  ivHex?: string;
  tagHex?: string;
  ciphertextHex?: string;
  payloadHex: string;
}
const { payloads } = readVectors<{ payloads: Vector[] }>('payloads');

function payloadOf({ state, token = 0, keyHex, ivHex, tagHex, ciphertextHex }: Vector): WirePayload {
  const ciphertext = fromHex(ciphertextHex);
  if (state === WirePayloadState.Success) return { state, ciphertext };
  if (state === WirePayloadState.Updated) {
    return { state, token, key: fromHex(keyHex), iv: fromHex(ivHex), tag: fromHex(tagHex), ciphertext };
  }
  return { state };
}

describe('wire payloads', () => {
  test('there is a golden vector for every state', () => {
    expect(Object.fromEntries(payloads.map(({ name, state }) => [name, state]))).toEqual(WirePayloadState);
  });

  test.each(payloads)('$name has the bytes of its golden vector', (vector) => {
    expect(Buffer.from(encodePayload(payloadOf(vector))).toString('hex')).toBe(vector.payloadHex);
    expect(decodePayload(fromHex(vector.payloadHex))).toEqual(payloadOf(vector));
  });

  test('is read from the middle of a larger buffer', () => {
    for (const vector of payloads) {
      const bytes = fromHex(vector.payloadHex);
      const around = new Uint8Array(bytes.length + 20).fill(255);
      around.set(bytes, 7);
      expect(decodePayload(around.subarray(7, 7 + bytes.length))).toEqual(payloadOf(vector));
    }
  });

  test('an Updated payload is refused wherever it is cut off', async () => {
    const whole = fromHex(payloads[1]?.payloadHex);
    const ciphertextAt = 69;
    for (let length = 1; length <= ciphertextAt; length += 1) {
      await failure('PAYLOAD_INVALID', () => decodePayload(whole.subarray(0, length)));
    }
  });

  test.each([
    ['empty', new Uint8Array()],
    ['of an unknown state', Uint8Array.of(7)],
    ['of an unknown state', Uint8Array.of(255, 1, 2)],
    ['Success without ciphertext', Uint8Array.of(0)],
    ['a bare state with bytes after it', Uint8Array.of(2, 0)],
    ['Updated with a token above 2^53 - 1', Uint8Array.of(1, ...new Array(100).fill(255))],
  ])('is refused when it is %s', async (_, bytes) => {
    const error = await failure('PAYLOAD_INVALID', () => decodePayload(bytes));
    expect(error.message).toMatch(/^The answer is no payload: .+\.$/);
  });
});
