import { describe, expect, test } from 'vitest';
import { nameOfMedia } from '../../../../../src/backend/images/headers/media.js';

const box = (type: string, content: Uint8Array | string = '', length?: number) => {
  const bytes = Buffer.from(content as string, 'latin1');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length ?? 8 + bytes.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, bytes]);
};

/** A box whose length stands in 8 bytes. */
const longBox = (type: string, content: string, length = 16 + content.length) => {
  const head = box(type, '12345678', 1);
  head.writeBigUInt64BE(BigInt(length), 8);
  return Buffer.concat([head, Buffer.from(content, 'latin1')]);
};

const brands = (first: string, ...compatible: readonly string[]) =>
  box('ftyp', `${first}\0\0\0\0${compatible.join('')}`);
const meta = box('meta', Buffer.alloc(100));

describe('files of boxes', () => {
  test.each([
    ['avif', ['avif', 'avis']],
    ['heic', ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']],
    ['heif', ['mif1', 'mif2', 'msf1', 'miaf', 'avci']],
    ['cr3 (camera raw)', ['crx ']],
    ['mov', ['qt  ']],
    ['mp4', ['isom', 'iso6', 'mp41', 'mp42', 'M4V ', 'avc1', '3gp5', 'dash', 'abcd']],
  ])('are %s by the brands %j', (format, names) => {
    for (const name of names) {
      expect(nameOfMedia(Buffer.concat([brands(name), meta])), name).toBe(format);
      expect(nameOfMedia(brands(name).subarray(0, 12)), `${name}, cut off behind it`).toBe(format);
    }
  });

  test('are named by compatible brands, when the first is only a general one', () => {
    expect(nameOfMedia(brands('mif1', 'mif1', 'heic', 'miaf'))).toBe('heic');
    expect(nameOfMedia(brands('msf1', 'hevc', 'mp42'))).toBe('heic');
    expect(nameOfMedia(brands('miaf', 'MA1B', 'avif'))).toBe('avif');
    expect(nameOfMedia(brands('MiHB', 'mif1', 'heix'))).toBe('heic');
    expect(nameOfMedia(brands('mif1', 'mif1', 'miaf'))).toBe('heif');
    expect(nameOfMedia(brands('avif', 'mif1', 'heic'))).toBe('avif');
    expect(nameOfMedia(brands('abcd', 'isom', 'mp42'))).toBe('mp4');
    expect(nameOfMedia(box('ftyp', 'mif1avifmif1heic'))).toBe('heic'); // what comes second is a version
  });

  test('are named wherever the rest of them stands', () => {
    const gap = box('free', Buffer.alloc(10_000));
    expect(nameOfMedia(Buffer.concat([brands('heic'), gap, meta]))).toBe('heic');
    expect(nameOfMedia(Buffer.concat([gap, brands('heic'), meta]))).toBe('heic');
    expect(nameOfMedia(Buffer.concat([box('mdat', Buffer.alloc(50_000)), brands('heic'), meta]))).toBe('heic');
    expect(nameOfMedia(Buffer.concat([longBox('mdat', 'pixels'), box('wide'), brands('avif')]))).toBe('avif');
    expect(nameOfMedia(longBox('ftyp', 'mif1\0\0\0\0heix'))).toBe('heic');
    expect(nameOfMedia(box('ftyp', 'mif1\0\0\0\0heix', 0))).toBe('heic'); // to the end
    expect(nameOfMedia(box('ftyp', 'mif1\0\0\0\0heix', 0xffff_ffff))).toBe('heic');
  });

  test('are QuickTime when they have no brands', () => {
    expect(nameOfMedia(Buffer.concat([box('wide'), box('mdat', 'frames'), box('moov')]))).toBe('mov');
    expect(nameOfMedia(box('moov', Buffer.alloc(100)))).toBe('mov');
    expect(nameOfMedia(box('mdat', 'cut off', 1_000_000))).toBe('mov');
    expect(nameOfMedia(box('mdat', 'to the end', 0))).toBe('mov');
  });

  test('are nothing when they are sounds, or no such files', () => {
    expect(nameOfMedia(brands('M4A ', 'mp42', 'isom'))).toBeUndefined();
    for (const other of [
      '',
      '\0\0\0\x18ftyp',
      '\0\0\0\x18ftyphei',
      'ftypavif',
      '\0\0\0\x05ftypavif',
      'a free lunch, or a skip',
    ]) {
      expect(nameOfMedia(Buffer.from(other, 'latin1')), other).toBeUndefined();
    }
    for (const fillings of [
      [box('free')],
      [box('free'), box('avif')],
      [box('free', '', 0)],
      [box('free', '', 7), brands('avif')],
    ]) {
      expect(nameOfMedia(Buffer.concat(fillings))).toBeUndefined();
    }
    expect(nameOfMedia(Buffer.concat([longBox('free', '', 3), brands('avif')]))).toBeUndefined();
    expect(nameOfMedia(Buffer.concat([longBox('free', '', 2 ** 53 - 2), brands('avif')]))).toBeUndefined();
    expect(nameOfMedia(Buffer.concat([...new Array<Buffer>(1_000).fill(box('free')), brands('avif')]))).toBeUndefined();
  });
});
