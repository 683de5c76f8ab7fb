import { expect, test } from 'vitest';
import { readAnswer } from '../../../../src/frontend/fetching/answer.js';
import { sealImage } from '../sealed-image.js';

test.each([
  [2, 'IMAGE_NOT_FOUND'],
  [3, 'ID_MISSING'],
  [4, 'PROOF_MISSING'],
  [5, 'PROOF_INVALID'],
  [6, 'SERVER_FAILED'],
  [9, 'RATE_LIMITED'],
])('state %i is the error %s', (state, code) => {
  expect(() => readAnswer(Uint8Array.of(state))).toThrow(expect.objectContaining({ code }));
});

test('an expired proof is answered with what to do', () => {
  expect(() => readAnswer(Uint8Array.of(5))).toThrow(/expired.*get a fresh record/);
});

test.each([
  ['0 bytes', []],
  ['an unknown state', [7]],
  ['Success without ciphertext', [0]],
  ['Updated, cut off', [1, 2, 3]],
  ['bytes behind a bare state', [2, 2]],
])('a payload of %s is PAYLOAD_INVALID', (_, bytes) => {
  expect(() => readAnswer(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'PAYLOAD_INVALID' }));
});

test('Success and Updated give the ciphertext', async () => {
  const { success, updated, ciphertext } = await sealImage();
  expect(readAnswer(success).ciphertext).toEqual(ciphertext);
  expect(readAnswer(updated)).toMatchObject({ token: 1000, ciphertext });
});
