import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeInfo, encodeInfo, type ImageInfo, unknownInfo } from '../../../../src/backend/keys/image-info.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  id: string;
  variant?: string;
  info: Omit<ImageInfo, 'placeholder'> & { placeholderHex?: string };
  infoHex: string;
}
const { sealedKeys } = readVectors<{ sealedKeys: Vector[] }>('sealed-keys-2');
const info = { format: 'webp', width: 7, height: 9 } as const;
const placeholder = Uint8Array.of(1, 2, 3);
const field = (type: number, contents: Uint8Array, length = contents.length) =>
  Buffer.concat([Uint8Array.of(type, length & 255, length >> 8), contents]);
const encodedWith = (...fields: Uint8Array[]) => Buffer.concat([encodeInfo(info), ...fields]);

describe('what is known of a picture', () => {
  test.each(sealedKeys)('of $id, $variant, has the bytes of its golden vector', ({ info: given, infoHex }) => {
    const { placeholderHex, ...size } = given;
    const whole = { ...size, ...(placeholderHex !== undefined && { placeholder: fromHex(placeholderHex) }) };
    expect(Buffer.from(encodeInfo(whole)).toString('hex')).toBe(infoHex);
    expect(decodeInfo(fromHex(infoHex))).toEqual(whole);
  });

  test('is read wherever it lies in memory', () => {
    const bytes = Buffer.concat([Uint8Array.of(9, 9, 9), encodeInfo({ ...info, placeholder })]).subarray(3);
    expect(decodeInfo(bytes)).toMatchObject(info);
    expect(Uint8Array.from(decodeInfo(bytes)?.placeholder ?? [])).toEqual(placeholder);
  });

  test('goes without fields that a later pixstore may write, wherever they stand', () => {
    const own = field(1, placeholder);
    const [empty, unknown] = [field(7, new Uint8Array()), field(200, new Uint8Array(300).fill(1))];
    for (const fields of [
      [unknown, own],
      [own, unknown],
      [empty, unknown, own, empty],
    ]) {
      const decoded = decodeInfo(encodedWith(...fields));
      expect(Object.keys(decoded ?? {}).sort()).toEqual(['format', 'height', 'placeholder', 'width']);
      expect(Uint8Array.from(decoded?.placeholder ?? [])).toEqual(placeholder);
    }
    expect(decodeInfo(encodedWith(unknown, empty))).toEqual(info);
  });

  test('is not known when the format is not, or when there are fewer bytes than it has', () => {
    expect(decodeInfo(unknownInfo)).toBeNull();
    for (const format of [0, 5, 18, 255]) expect(decodeInfo(encodeInfo(info).with(0, format))).toBeNull();
    for (let length = 0; length < 9; length += 1) expect(decodeInfo(encodeInfo(info).subarray(0, length))).toBeNull();
  });

  test('keeps its format and size whatever its fields are cut to', () => {
    const whole = encodedWith(field(200, placeholder), field(1, placeholder));
    for (let length = 9; length <= whole.length; length += 1) {
      expect(decodeInfo(whole.subarray(0, length))).toMatchObject(info);
    }
    expect(decodeInfo(encodedWith(field(1, placeholder, 65_535)))).toMatchObject(info);
  });

  test('is read from any bytes at all without failing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void decodeInfo(bytes)));
  });
});
