import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { gifFrames, gifLack, gifSize } from '../../../../../src/backend/images/headers/gif.js';
import { drawnOn } from '../../../../support/drawn-gif.js';
import { photo } from '../../../../support/photos.js';

const pages = await Promise.all(
  ['rocket.jpg', 'astronaut.jpg'].map((name) => sharp(photo(name)).resize(24, 12, { fit: 'fill' }).toBuffer()),
);
const still = await sharp(pages[0]).gif().toBuffer();
const animated = await sharp(pages, { join: { animated: true } })
  .gif()
  .toBuffer();

describe('a GIF', () => {
  test('has the size of its screen', () => {
    expect(gifSize(still)).toEqual({ width: 24, height: 12 });
    expect(gifSize(animated)).toEqual({ width: 24, height: 12 });
    expect(gifSize(still.subarray(0, 12))).toBeNull();
  });

  test.each([
    [10, 40, 0, 0, 24, 40],
    [0, 0, 0, 0, 24, 12],
    [30, 5, 7, 3, 31, 15],
  ])(
    'with a screen of %i x %i and its first picture at %i, %i is as large as both',
    (width, height, left, top, ...size) => {
      const [expectedWidth, expectedHeight] = size;
      expect(gifSize(drawnOn(still, { width, height, left, top }))).toEqual({
        width: expectedWidth,
        height: expectedHeight,
      });
    },
  );

  test('has frames, which are counted up to what is allowed and one more', () => {
    expect(gifFrames(still, 100)).toBe(1);
    expect(gifFrames(animated, 100)).toBe(2);
    expect(gifFrames(animated, 1)).toBe(2);
    const [head, frame] = [
      still.subarray(0, -1),
      Buffer.from('2c00000000010001000002024c010021f90400000000003b', 'hex'),
    ];
    const many = Buffer.concat([head, ...new Array(50).fill(frame.subarray(0, -1)), frame.subarray(-1)]);
    expect(gifFrames(many, 100)).toBe(51);
    expect(gifFrames(many, 10)).toBe(11);
  });

  test('is whole with a picture and the mark of its end, whatever stands behind that', () => {
    expect(gifLack(still)).toBeNull();
    expect(gifLack(Buffer.concat([animated, Buffer.from('more')]))).toBeNull();
    for (let length = 13; length < still.length; length += 1) {
      expect(gifLack(still.subarray(0, length)), `${length}`).toBe('the mark of its end is missing');
    }
    const empty = Buffer.concat([still.subarray(0, 10), Buffer.of(0, 0, 0, 0x3b)]);
    expect(gifLack(empty)).toBe('there is no picture in front of its end');
  });

  test('of more pieces than can be counted in time is whole, and has too many frames', () => {
    const endless = Buffer.concat([still.subarray(0, 10), Buffer.of(0, 0, 0, 0x21, 0xfe), Buffer.alloc(3_000_000, 1)]);
    expect(gifLack(endless)).toBeNull();
    expect(gifFrames(endless, 100)).toBe(Infinity);
  });
});
