import { expect, test } from 'vitest';
import { assertRecord, decodeMeta, encodeMeta } from '../../../../src/frontend/loading/record.js';
import { sealImage } from '../sealed-image.js';

const { record } = await sealImage();
const withMeta = (changes: object) => ({ ...record, meta: { ...record.meta, ...changes } });

test('a whole record is good, also with an empty proof', () => {
  expect(() => assertRecord(record)).not.toThrow();
  expect(() => assertRecord({ ...record, statelessProof: '' })).not.toThrow();
});

test.each([
  ['"id"', null],
  ['"id"', undefined],
  ['"id"', 'cats:tom'],
  ['"id"', { ...record, id: undefined }],
  ['"id"', { ...record, id: '' }],
  ['"id"', { ...record, id: '../../etc' }],
  ['"id"', { ...record, id: 'a\0b' }],
  ['"id"', { ...record, id: 'a%b' }],
  ['"id"', { ...record, id: 'a\n' }],
  ['"id"', { ...record, id: 'a'.repeat(10_000) }],
  ['"token"', { ...record, token: '1' }],
  ['"token"', { ...record, token: Number.NaN }],
  ['"token"', { ...record, token: 1.5 }],
  ['"token"', { ...record, token: -1 }],
  ['"token"', { ...record, token: Number('1e400') }],
  ['"meta"', { ...record, meta: undefined }],
  ['"meta"', { ...record, meta: null }],
  ['"meta"', withMeta({ key: undefined })],
  ['"meta"', withMeta({ key: '' })],
  ['"meta"', withMeta({ key: `${'A'.repeat(42)}==` })],
  ['"meta"', withMeta({ key: `${'A'.repeat(42)}-=` })],
  ['"meta"', withMeta({ key: new Uint8Array(32) })],
  ['"meta"', withMeta({ iv: 'AAAA' })],
  ['"meta"', withMeta({ iv: `${'A'.repeat(16)}\n` })],
  ['"meta"', withMeta({ tag: 7 })],
  ['"statelessProof"', { ...record, statelessProof: undefined }],
])('a record is refused by name: %s', (name, value) => {
  expect(() => assertRecord(value)).toThrow(
    expect.objectContaining({ code: 'RECORD_INVALID', message: expect.stringContaining(name) }),
  );
});

test('the message does not carry the broken value', () => {
  expect(() => assertRecord(withMeta({ key: 'almost-a-key' }))).not.toThrow(/almost/);
});

test('meta survives decoding and encoding', () => {
  const decoded = decodeMeta(record.meta);
  expect([decoded.key.length, decoded.iv.length, decoded.tag.length]).toEqual([32, 12, 16]);
  expect(encodeMeta(decoded)).toEqual(record.meta);
});
