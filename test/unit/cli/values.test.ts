import { expect, test } from 'vitest';
import { counted, durationText, printable, sizeText } from '../../../src/cli/format.js';
import { byteCount, countFromOne, rate, wholeNumber } from '../../../src/cli/values.js';

test('sizes, times and counts are written as people read them', () => {
  expect([0, 999, 1000, 47_714, 999_600, 3.1e9].map(sizeText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '47.7 kB',
    '1.0 MB',
    '3.1 GB',
  ]);
  expect([400, 61_000, 3_725_000].map(durationText)).toEqual(['0:00', '1:01', '1:02:05']);
  expect([counted(1, 'image'), counted(12_345, 'image')]).toEqual(['1 image', '12,345 images']);
});

test('values of options are read, and what is none is refused with what it must be', () => {
  expect(wholeNumber('100')).toBe(100);
  expect(['500', '64kB', '1.5MB', '2g'].map(byteCount)).toEqual([500, 64_000, 1_500_000, 2_000_000_000]);
  expect([rate('200'), rate('200/s'), rate('20MB'), rate('20 MB/s')]).toEqual([
    { images: 200 },
    { images: 200 },
    { bytes: 20_000_000 },
    { bytes: 20_000_000 },
  ]);
  expect(countFromOne('1')).toBe(1);
  expect(() => countFromOne('0')).toThrow('from 1 on');
  expect(() => wholeNumber('-1')).toThrow('whole number');
  expect(() => byteCount('much')).toThrow('number of bytes');
  for (const text of ['0', '0kB', 'fast']) expect(() => rate(text)).toThrow('must be');
});

test('what would move the cursor of a terminal is not printed', () => {
  expect(printable('a\x1b[2Jb\r\n\u202ec')).toBe('a\ufffd[2Jb\ufffd\ufffd\ufffdc');
});
