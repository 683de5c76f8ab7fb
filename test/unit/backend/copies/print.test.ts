import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPrint } from '../../../../src/backend/copies/backups/print.js';

const printOf = (keys: readonly Uint8Array[]): string => {
  const print = createPrint();
  for (const key of keys) print.add(key);
  return print.text();
};

test('a print is the same in whatever order keys come', () => {
  const keys = Array.from({ length: 50 }, () => randomBytes(90));
  expect(printOf(keys.toReversed())).toBe(printOf(keys));
});

test('a print is another one when a key comes, goes, comes twice or has another tag', () => {
  const keys = Array.from({ length: 50 }, () => randomBytes(90));
  const changed = Uint8Array.from(keys[7] as Uint8Array);
  changed[89] = (changed[89] as number) ^ 1;
  const others = [
    keys.slice(1),
    [...keys, randomBytes(90)],
    [...keys, keys[0]],
    keys.map((key, index) => (index === 7 ? changed : key)),
  ];
  const prints = [keys, ...others].map((some) => printOf(some as Uint8Array[]));
  expect(new Set(prints).size).toBe(5);
});

test('a print of keys that are views of other memory, and of such as are too short, is one as well', () => {
  const key = randomBytes(90);
  expect(printOf([Buffer.concat([randomBytes(3), key]).subarray(3)])).toBe(printOf([key]));
  expect(printOf([new Uint8Array(3)])).toBe(printOf([]));
});
