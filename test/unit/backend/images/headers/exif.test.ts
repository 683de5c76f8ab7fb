import { describe, expect, test } from 'vitest';
import { upright } from '../../../../../src/backend/images/headers/exif.js';
import { type ExifEntry, type ExifLayout, exif, orientation } from '../../../../support/drawn-images.js';

const raw = { width: 515, height: 258 };
const turned = { width: 258, height: 515 };
const sizeWith = (entries: readonly ExifEntry[], layout?: ExifLayout) => upright(raw, exif(entries, layout));
const maker: ExifEntry = [0x010f, 3, 1, 6];

describe('the size of a picture with EXIF', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('of orientation %i, in both byte orders', (value) => {
    const expected = value >= 5 ? turned : raw;
    expect(sizeWith([maker, orientation(value)])).toEqual(expected);
    expect(sizeWith([maker, orientation(value)], { littleEndian: true })).toEqual(expected);
  });

  test('of no orientation, or without EXIF, is the raw one', () => {
    expect(upright(raw, null)).toEqual(raw);
    expect(sizeWith([])).toEqual(raw);
    expect(sizeWith([maker])).toEqual(raw);
    for (const value of [0, 9, 0x0106, 0xffff]) expect(sizeWith([orientation(value)]), `${value}`).toEqual(raw);
  });

  test('is turned by one short number only', () => {
    for (const littleEndian of [false, true]) {
      for (const entry of [
        [0x0112, 1, 1, 6],
        [0x0112, 4, 1, 6],
        [0x0112, 3, 0, 6],
        [0x0112, 3, 2, 6],
        [0x0112, 3, 0xffff_ffff, 6],
      ] as const) {
        expect(sizeWith([entry], { littleEndian }), `${entry}`).toEqual(raw);
      }
    }
  });

  test('is turned by the first entry that makes sense', () => {
    expect(sizeWith([orientation(6), orientation(1)])).toEqual(turned);
    expect(sizeWith([orientation(1), orientation(6)])).toEqual(raw);
    expect(sizeWith([orientation(9), [0x0112, 4, 1, 1], orientation(6)])).toEqual(turned);
  });

  test('is turned by entries that are whole, whatever their number is said to be', () => {
    expect(sizeWith([maker, orientation(6)], { claims: 0xffff })).toEqual(turned);
    expect(sizeWith([maker, orientation(6)], { claims: 1 })).toEqual(raw);
    const whole = exif([orientation(6)]).subarray(0, 22);
    expect(upright(raw, whole)).toEqual(turned);
    // A view, and a copy without the rest behind its end.
    for (let length = 0; length < whole.length; length += 1) {
      expect(upright(raw, whole.subarray(0, length)), `${length} bytes`).toEqual(raw);
      expect(upright(raw, Uint8Array.from(whole.subarray(0, length))), `${length} bytes`).toEqual(raw);
    }
  });

  test('is turned by a directory anywhere in the EXIF', () => {
    const plain = exif([orientation(6)]);
    const moved = Buffer.concat([plain.subarray(0, 8), Buffer.alloc(5), plain.subarray(8)]);
    moved.writeUInt32BE(13, 4);
    expect(upright(raw, moved)).toEqual(turned);
    // What says where the directory is, is the directory: its entries begin behind it.
    const inItself = Buffer.concat([plain.subarray(0, 8), plain.subarray(10)]);
    inItself.writeUInt32BE(6, 4);
    expect(upright(raw, inItself)).toEqual(turned);
  });

  test('is the raw one when the directory is nowhere', () => {
    for (const directoryAt of [0, 4, 9, 1_000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]) {
      for (const littleEndian of [false, true]) {
        expect(sizeWith([orientation(6)], { directoryAt, littleEndian }), `${directoryAt}`).toEqual(raw);
      }
    }
  });

  test('is not turned by a second directory', () => {
    const first = exif([maker]);
    first.writeUInt32BE(first.length, first.length - 4); // where the next directory is
    expect(upright(raw, Buffer.concat([first, exif([orientation(6)]).subarray(8)]))).toEqual(raw);
  });

  test('is the raw one when the byte order is none, or another than that of the numbers', () => {
    for (const mark of ['IM', 'MI', 'II', 'ii', '\0\0']) {
      const changed = exif([orientation(6)]);
      changed.write(mark, 'latin1');
      expect(upright(raw, changed), mark).toEqual(raw);
    }
    const notTiff = exif([orientation(6)]);
    notTiff.writeUInt16BE(43, 2);
    expect(upright(raw, notTiff)).toEqual(raw);
  });

  test('is looked for in the first thousand entries', () => {
    const entries = (count: number) => [...new Array<ExifEntry>(count).fill(maker), orientation(6)];
    expect(sizeWith(entries(999))).toEqual(turned);
    expect(sizeWith(entries(1_000))).toEqual(raw);
  });

  test('comes out of anything', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    for (let round = 0; round < 5_000; round += 1) {
      const bytes = exif([maker, orientation(random() % 10)], { littleEndian: round % 2 === 0 });
      for (let changes = random() % 4; changes >= 0; changes -= 1) bytes[random() % bytes.length] = random() % 256;
      expect([raw, turned]).toContainEqual(upright(raw, bytes.subarray(0, random() % (bytes.length + 1))));
    }
  });
});
