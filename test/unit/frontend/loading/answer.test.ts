import { expect, test } from 'vitest';
import { proofInvalid, readAnswer } from '../../../../src/frontend/loading/answer.js';
import { isTransient } from '../../../../src/frontend/network/errors.js';
import { sealImage } from '../sealed-image.js';

const { record, success, updated, ciphertext } = await sealImage();
const other = await sealImage();

test.each([
  [2, 'IMAGE_NOT_FOUND'],
  [3, 'ID_MISSING'],
  [4, 'PROOF_MISSING'],
  [5, 'PROOF_INVALID'],
  [6, 'SERVER_FAILED'],
  [9, 'RATE_LIMITED'],
])('state %i is the error %s', (state, code) => {
  expect(() => readAnswer(Uint8Array.of(state), record)).toThrow(expect.objectContaining({ code }));
});

test.each([
  [3, /no id: pass requests on unchanged/],
  [4, /no proof: pass requests on unchanged/],
  [6, /see its log/],
  [9, /try again later/],
])('what state %i says leads on', (state, hint) => {
  expect(() => readAnswer(Uint8Array.of(state), record)).toThrow(hint);
});

test('an expired proof is answered with what to do', () => {
  expect(() => readAnswer(Uint8Array.of(5), record)).toThrow(/expired.*get a fresh record/);
});

test('a proof that is known to be refused gets the same error without being sent', () => {
  expect(proofInvalid()).toEqual(errorOf(() => readAnswer(Uint8Array.of(5), record)));
  expect(proofInvalid()).toMatchObject({ code: 'PROOF_INVALID', message: expect.stringContaining('expired') });
});

test.each([
  ['0 bytes', []],
  ['an unknown state', [7]],
  ['Success without ciphertext', [0]],
  ['Updated, cut off', [1, 2, 3]],
  ['bytes behind a bare state', [2, 2]],
])('a payload of %s is PAYLOAD_INVALID', (_, bytes) => {
  expect(() => readAnswer(Uint8Array.from(bytes), record)).toThrow(
    expect.objectContaining({ code: 'PAYLOAD_INVALID' }),
  );
});

test('Success and Updated give the ciphertext', async () => {
  const { meta } = record;
  expect(readAnswer(success, record)).toEqual({ id: record.id, token: 1000, meta, ciphertext });
  expect(readAnswer(updated, record)).toEqual({ id: record.id, token: 1000, meta, ciphertext });
  const newer = await sealImage({ token: 1001 });
  expect(readAnswer(newer.updated, record)).toMatchObject({ token: 1001, meta: newer.record.meta });
});

test('an older version than the record names is refused, but may be the lag of a moment', async () => {
  const { updated } = await sealImage({ token: 999 });
  const error = errorOf(() => readAnswer(updated, record));
  expect(error).toMatchObject({ code: 'PAYLOAD_INVALID', message: expect.stringContaining('older') });
  expect(isTransient(error)).toBe(true);
});

test('the same version with another key is refused for good', async () => {
  const error = errorOf(() => readAnswer(other.updated, record));
  expect(error).toMatchObject({ code: 'PAYLOAD_INVALID', message: expect.stringContaining('another key') });
  expect(isTransient(error)).toBe(false);
});

function errorOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
