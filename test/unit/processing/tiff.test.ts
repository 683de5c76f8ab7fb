import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { inspectTiff, makeTiff } from '../../../src/processing/tiff.js';
import { failure } from '../../support/errors.js';

const size = { width: 3, height: 5 };
const colours = Uint8Array.from({ length: 60 }, (_, index) => (index % 4 === 3 ? 255 : (index * 47) % 256));

function drawTiff(profile?: Uint8Array): Uint8Array {
  const { file, pixels } = makeTiff(size, profile);
  pixels.set(colours);
  return file;
}

test('a TIFF around pixels has these pixels', async () => {
  const { data, info } = await sharp(drawTiff()).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([3, 5, 4]);
  expect([...data]).toEqual([...colours]);
});

test('and carries their profile', async () => {
  const wide = await sharp({ create: { ...size, channels: 3, background: 'red' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  const { icc } = await sharp(wide).metadata();
  const header = await sharp(drawTiff(icc)).metadata();
  expect(Buffer.compare(header.icc ?? Buffer.alloc(0), icc ?? Buffer.alloc(1))).toBe(0);
  // Colours of P3 are others in sRGB.
  expect([...(await sharp(drawTiff(icc)).toColourspace('srgb').raw().toBuffer())]).not.toEqual([...colours]);
});

/** A directory of these entries, and nothing else. */
function directory(littleEndian: boolean, entries: [tag: number, type: number, value: number][]): Uint8Array {
  const bytes = Buffer.alloc(10 + entries.length * 12);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.write(littleEndian ? 'II' : 'MM', 'latin1');
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, 8, littleEndian);
  view.setUint16(8, entries.length, littleEndian);
  entries.forEach(([tag, type, value], index) => {
    const at = 10 + index * 12;
    view.setUint16(at, tag, littleEndian);
    view.setUint16(at + 2, type, littleEndian);
    view.setUint32(at + 4, 1, littleEndian);
    if (type === 3) view.setUint16(at + 8, value, littleEndian);
    else view.setUint32(at + 8, value, littleEndian);
  });
  return bytes;
}

describe.each([true, false])('little-endian: %s', (littleEndian) => {
  test.each<[string, [number, number, number][]]>([
    ['DNG', [[50706, 1, 0x01040000]]],
    ['a preview in front', [[254, 4, 1]]],
  ])('raw photos of cameras are refused: %s', async (_, entries) => {
    await failure('IMAGE_FORMAT_REFUSED', () => inspectTiff(directory(littleEndian, entries)));
  });

  test.each<[string, [number, number, number][], number]>([
    ['strips', [[278, 3, 16]], 16],
    ['long strips', [[278, 4, 70_000]], 70_000],
    ['tiles', [[323, 3, 256]], 256],
    ['all at once', [[254, 4, 0]], Infinity],
  ])('rows that are decoded at once: %s', (_, entries, rows) => {
    expect(inspectTiff(directory(littleEndian, entries))).toBe(rows);
  });
});

test('a directory that is cut off, or elsewhere, is left to the decoder', () => {
  const whole = directory(true, [[278, 3, 16]]);
  for (let length = 0; length < whole.length; length += 1) {
    expect(inspectTiff(whole.subarray(0, length))).toBe(length < whole.length ? Infinity : 16);
  }
  const elsewhere = Uint8Array.from(whole);
  elsewhere[7] = 0xff;
  expect(inspectTiff(elsewhere)).toBe(Infinity);
});

test('a raw photo of Canon is refused', async () => {
  const bytes = Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0', 'latin1'), Buffer.alloc(20)]);
  await failure('IMAGE_FORMAT_REFUSED', () => inspectTiff(bytes));
});
