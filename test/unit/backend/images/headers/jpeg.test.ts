import { describe, expect, test } from 'vitest';
import { jpegSize } from '../../../../../src/backend/images/headers/jpeg.js';
import { photo } from '../../../../support/photos.js';

const segment = (marker: number, content: readonly number[]) => {
  const length = content.length + 2;
  return [0xff, marker, length >> 8, length & 0xff, ...content];
};
const frame = (marker = 0xc0, [height, width] = [258, 515], components = 3) =>
  segment(marker, [
    8,
    height >> 8,
    height & 0xff,
    width >> 8,
    width & 0xff,
    components,
    ...new Array(3 * components).fill(1),
  ]);
const sizeOf = (...pieces: readonly number[][]) => jpegSize(Uint8Array.from([0xff, 0xd8, ...pieces.flat()]));
const found = { width: 515, height: 258 };
const scan = segment(0xda, [1, 1, 0, 0, 63, 0]);

describe('the size of a JPEG', () => {
  test.each([
    ['astronaut.jpg', 512, 512],
    ['hubble.jpg', 1000, 872],
    ['retina.jpg', 1411, 1411],
  ])('of the photo %s is %i x %i', (name, width, height) => {
    const size = jpegSize(photo(name));
    expect(size?.width).toBeGreaterThan(0);
    expect(size).toEqual({ width, height });
  });

  test('is found wherever a decoder finds it', () => {
    const comment = segment(0xfe, [...Buffer.from('\xff\xc0 no frame', 'latin1')]);
    expect(sizeOf(frame(), scan)).toEqual(found); // no JFIF, no Exif
    expect(sizeOf(comment, frame())).toEqual(found);
    expect(sizeOf(segment(0xdb, new Array(65).fill(0xff)), segment(0xc4, [0]), frame())).toEqual(found);
    expect(sizeOf([0xff, 0xff, 0xff], segment(0xe0, [1, 2]), [0xff, 0xff], frame())).toEqual(found); // fill bytes
    expect(sizeOf(segment(0xe1, []), [0, 1, 2, 0xff, 0x00], frame())).toEqual(found); // stray bytes
    expect(sizeOf([0xff, 0xd0, 0xff, 0x01], frame())).toEqual(found); // markers without a segment
    const profile = Array.from({ length: 300 }, () => segment(0xe2, new Array(1_000).fill(0xff))).flat();
    expect(sizeOf(profile, frame())).toEqual(found);
  });

  test('is that of every kind of frame, and of nothing else', () => {
    for (let marker = 0xc0; marker <= 0xcf; marker += 1) {
      const isFrame = ![0xc4, 0xc8, 0xcc].includes(marker);
      expect(sizeOf(frame(marker)), marker.toString(16)).toEqual(isFrame ? found : null);
    }
  });

  test('of one component, and of four', () => {
    for (const components of [1, 4]) expect(sizeOf(frame(0xc2, [258, 515], components))).toEqual(found);
  });

  test('is none where a decoder finds none', () => {
    expect(sizeOf(scan, frame())).toBeNull();
    expect(sizeOf([0xff, 0xd9], frame())).toBeNull();
    expect(sizeOf([0xff, 0xd8], frame())).toBeNull();
    expect(sizeOf([0xff, 0xe0, 0, 1], frame())).toBeNull();
    expect(sizeOf(frame(0xc0, [258, 515], 0))).toBeNull();
    expect(sizeOf(frame().with(3, 18))).toBeNull(); // a length that does not fit its components
    const whole = frame();
    for (let length = 0; length < whole.length; length += 1) {
      expect(sizeOf(whole.slice(0, length)), `${length} bytes`).toBeNull();
    }
    expect(sizeOf(segment(0xe1, new Array(100).fill(1)).slice(0, 50))).toBeNull();
  });
});
