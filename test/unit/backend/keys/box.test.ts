import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { boxOverhead, openBox, sealBox } from '../../../../src/backend/keys/box.js';
import * as other from '../../../support/box.js';

const key = new Uint8Array(32).fill(3);
const bound = 'pixstore/test\n1';
const contents = Uint8Array.from({ length: 41 }, (_, index) => index);

describe('a box', () => {
  test('is IV, encrypted contents and tag, bound to its additional data', () => {
    const asked: number[] = [];
    const iv = new Uint8Array(12).fill(9);
    const box = sealBox(key, contents, bound, (length) => {
      asked.push(length);
      return iv;
    });
    expect(asked).toEqual([12]);
    expect(box.subarray(0, 12)).toEqual(iv);
    expect(box).toHaveLength(contents.length + boxOverhead);
    expect(Uint8Array.from(other.openBox(key, box, bound) ?? [])).toEqual(contents);
  });

  test('that another implementation sealed opens, empty ones too, and in the midst of other bytes', () => {
    for (const each of [contents, new Uint8Array()]) {
      const box = other.sealBox(key, each, bound);
      expect(Uint8Array.from(openBox(key, box, bound) ?? [])).toEqual(each);
      const among = Buffer.concat([randomBytes(7), box, randomBytes(5)]).subarray(7, 7 + box.length);
      expect(Uint8Array.from(openBox(key, among, bound) ?? [])).toEqual(each);
    }
  });

  test('does not open when it was changed, cut off or prolonged, nor with another key or other additional data', () => {
    const box = sealBox(key, contents, bound, randomBytes);
    for (const [at, byte] of box.entries()) expect(openBox(key, box.with(at, byte ^ 1), bound)).toBeNull();
    for (let length = 0; length < box.length; length += 1) {
      expect(openBox(key, box.subarray(0, length), bound)).toBeNull();
    }
    expect(openBox(key, Buffer.concat([box, Uint8Array.of(0)]), bound)).toBeNull();
    expect(openBox(new Uint8Array(32).fill(4), box, bound)).toBeNull();
    expect(openBox(key, box, `${bound}0`)).toBeNull();
    expect(openBox(key, box, '')).toBeNull();
  });
});
