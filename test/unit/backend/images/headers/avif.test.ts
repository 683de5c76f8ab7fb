import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { avifFrames, avifLack, avifSize } from '../../../../../src/backend/images/headers/avif.js';
import { inspectImage } from '../../../../../src/backend/images/inspect.js';
import { turnedAvif } from '../../../../support/drawn-avif.js';
import { failure } from '../../../../support/errors.js';
import { box } from '../../../../support/metadata.js';
import { photo } from '../../../../support/photos.js';

const plain = await sharp(photo('rocket.jpg')).resize(24, 12, { fit: 'fill' }).avif({ effort: 0 }).toBuffer();
const transparent = await sharp(plain)
  .ensureAlpha(0.5)
  .withExif({ IFD0: { Make: 'x' } })
  .avif({ effort: 0 })
  .toBuffer();

const full = (type: string, content: Buffer) => box(type, Buffer.concat([Buffer.alloc(4), content]));
const uint32 = (value: number) => Buffer.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);

/** An animation that is nothing else, as far as its header goes. */
function animation(frames: number): Buffer {
  const samples = full('stsz', Buffer.concat([uint32(0), uint32(frames)]));
  const media = box('mdia', box('minf', box('stbl', samples)));
  const header = full('tkhd', Buffer.concat([Buffer.alloc(72), uint32(24 << 16), uint32(12 << 16)]));
  const brands = box('ftyp', Buffer.from('avis\0\0\0\0avismsf1', 'latin1'));
  return Buffer.concat([
    brands,
    box('moov', box('trak', Buffer.concat([header, media]))),
    box('mdat', Buffer.alloc(9)),
  ]);
}

describe('an AVIF', () => {
  test('has the size of its primary picture', () => {
    expect(avifSize(plain)).toEqual({ width: 24, height: 12 });
    expect(avifSize(transparent)).toEqual({ width: 24, height: 12 });
  });

  test.each([
    [0, 24, 12],
    [1, 12, 24],
    [2, 24, 12],
    [3, 12, 24],
  ])('is measured upright, turned by %i quarters', (quarters, width, height) => {
    expect(avifSize(turnedAvif(plain, quarters))).toEqual({ width, height });
  });

  test('is whole when its boxes and its picture are', () => {
    expect(avifLack(plain)).toBeNull();
    expect(avifLack(plain.subarray(0, -1))).toBe('its last box is cut off');
    const open = Buffer.from(plain.subarray(0, -20));
    open.writeUInt32BE(0, open.indexOf('mdat') - 4); // it goes on to the end
    expect(avifLack(open)).toBe('its picture is cut off');
  });

  test.each([30, 60, 100, 150, 200])('that is cut off in its header, after %i bytes, is broken', async (length) => {
    await failure('IMAGE_TRUNCATED', () => inspectImage(plain.subarray(0, length), ['avif']));
  });

  test('has as many frames as its longest track', () => {
    expect(avifFrames(plain)).toBe(1);
    expect(avifFrames(animation(12))).toBe(12);
    expect(avifSize(animation(12))).toEqual({ width: 24, height: 12 });
  });
});
