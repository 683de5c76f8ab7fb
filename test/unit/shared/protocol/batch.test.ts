import { describe, expect, test } from 'vitest';
import {
  type BatchEntry,
  createFrameDecoder,
  decodeBatchRequest,
  encodeBatchRequest,
  frameHeader,
  maxBatchEntries,
} from '../../../../src/shared/protocol/batch.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

const vector = readVectors<{ requestBody: string; images: BatchEntry[]; payloadsHex: string[]; answerHex: string }>(
  'batch',
);
const answer = fromHex(vector.answerHex);
const payloads = vector.payloadsHex.map(fromHex);

const frameOf = (payload: Uint8Array) => Buffer.concat([frameHeader(payload.length), payload]);

describe('batch requests', () => {
  test('have the bytes of the golden vector', () => {
    expect(encodeBatchRequest(vector.images)).toBe(vector.requestBody);
    expect(decodeBatchRequest(vector.requestBody)).toEqual(vector.images);
  });

  test('leave bad entries to whoever answers them', () => {
    expect(decodeBatchRequest('{"version":1,"images":[null,7,{"id":3}]}')).toEqual([null, 7, { id: 3 }]);
  });

  test.each([
    '',
    'null',
    '[]',
    '{"version":2,"images":[]}',
    '{"version":1}',
    '{"version":1,"images":{}}',
    JSON.stringify({ version: 1, images: new Array(maxBatchEntries + 1).fill({ id: 'k' }) }),
  ])('are refused as a whole when they are %.40s', async (body) => {
    await failure('BATCH_INVALID', () => decodeBatchRequest(body));
  });

  test('may ask for as many images as the limit says', () => {
    const images = new Array(maxBatchEntries).fill({ id: 'k' });
    expect(decodeBatchRequest(encodeBatchRequest(images))).toHaveLength(maxBatchEntries);
  });
});

describe('batch answers', () => {
  test('have the bytes of the golden vector', () => {
    expect(Buffer.concat(payloads.map(frameOf))).toEqual(Buffer.from(answer));
  });

  test.each([1, 2, 3, 5, 64, answer.length])('are taken apart when they arrive %i bytes at a time', (step) => {
    const payloadsIn = createFrameDecoder();
    const found: Uint8Array[] = [];
    for (let at = 0; at < answer.length; at += step) found.push(...payloadsIn(answer.subarray(at, at + step)));
    expect(found).toEqual(payloads);
  });

  test('give no payload that is not whole', () => {
    const ends = payloads.map((_, at) => Buffer.concat(payloads.slice(0, at + 1).map(frameOf)).length);
    for (let length = 0; length < answer.length; length += 1) {
      const whole = ends.filter((end) => end <= length).length;
      expect(createFrameDecoder()(answer.subarray(0, length))).toEqual(payloads.slice(0, whole));
    }
  });

  test('keep empty chunks and empty frames apart', () => {
    const payloadsIn = createFrameDecoder();
    expect(payloadsIn(new Uint8Array())).toEqual([]);
    expect(payloadsIn(frameOf(new Uint8Array())).map((payload) => payload.length)).toEqual([0]);
  });
});
