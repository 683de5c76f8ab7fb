import { describe, expect, test } from 'vitest';
import { jpegLack, jpegSize } from '../../../../../src/backend/images/headers/jpeg.js';
import { drawJpeg, exif, exifSegment, jpegSegment, orientation } from '../../../../support/drawn-images.js';
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

  describe('with EXIF', () => {
    const turned = { width: 258, height: 515 };
    const turn = (value: number) => [...exifSegment(exif([orientation(value)]))];
    const named = (name: string) => segment(0xe1, [...Buffer.from(name, 'latin1'), ...exif([orientation(6)])]);

    test('is the upright one, wherever that stands in front of the scan', () => {
      expect(sizeOf(turn(6), frame(), scan)).toEqual(turned);
      expect(sizeOf(turn(3), frame(), scan)).toEqual(found);
      expect(sizeOf(segment(0xe0, [1, 2]), [0xff, 0xff], turn(8), frame(0xc2), scan)).toEqual(turned);
      expect(sizeOf(frame(), segment(0xc4, [0]), [1, 0xff, 0], turn(6), scan)).toEqual(turned);
      expect(sizeOf(frame(), scan, turn(6))).toEqual(found);
      expect(sizeOf(frame(), [0xff, 0xd9], turn(6))).toEqual(found);
    });

    test('of several, is that of the first', () => {
      expect(sizeOf(turn(6), turn(1), frame(), turn(1), scan)).toEqual(turned);
      expect(sizeOf(turn(1), turn(6), frame(), turn(6), scan)).toEqual(found);
      expect(sizeOf(turn(9), turn(6), frame(), scan)).toEqual(found);
      expect(sizeOf([...exifSegment(Buffer.of(1))], turn(6), frame(), scan)).toEqual(found);
      const nothing = [...exifSegment(new Uint8Array())];
      expect(sizeOf(segment(0xe1, [...Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>')]), turn(6), frame())).toEqual(
        turned,
      );
      expect(sizeOf(nothing, segment(0xe1, []), turn(6), frame())).toEqual(turned);
    });

    test('needs its name, in a segment of its kind', () => {
      expect(sizeOf(named('Exif\0?'), frame(), scan)).toEqual(turned);
      for (const name of ['EXIF\0\0', 'Exif', 'Exif\x01\0', ''])
        expect(sizeOf(named(name), frame(), scan), name).toEqual(found);
      for (const marker of [0xe0, 0xe2, 0xfe]) {
        expect(sizeOf(turn(6).with(1, marker), frame(), scan), marker.toString(16)).toEqual(found);
      }
    });

    test('is the raw one when what follows the frame is broken or missing', () => {
      for (const rest of [
        [],
        [0xff],
        [0xff, 0xe1],
        [0xff, 0xe1, 0, 1],
        [0xff, 0xd8],
        [0, 1, 2],
        turn(6).slice(0, 20),
      ]) {
        expect(sizeOf(frame(), rest), `${rest}`).toEqual(found);
      }
    });

    test('is looked for in tens of thousands of segments, in front of the frame and behind it', () => {
      const profile = (count: number) => Array.from({ length: count }, () => segment(0xe2, [0])).flat();
      expect(sizeOf(profile(60_000), turn(6), frame(), scan)).toEqual(turned);
      expect(sizeOf(frame(), profile(60_000), turn(6), scan)).toEqual(turned);
      expect(sizeOf(frame(), profile(70_000), turn(6), scan)).toEqual(found);
    });

    test('is that of the first frame', () => {
      expect(sizeOf(frame(), frame(0xc0, [1, 2]), turn(6), scan)).toEqual(turned);
    });
  });
});

describe('what a JPEG lacks', () => {
  const whole = drawJpeg(40, 20);
  const scanAt = whole.indexOf(Buffer.of(0xff, 0xda));
  const noScan = 'there is no picture (SOS) behind its header';
  const noEnd = 'the marker of its end (EOI) is missing';

  test('is nothing when it is whole, whatever stands behind it', () => {
    for (const name of ['astronaut.jpg', 'hubble.jpg', 'retina.jpg', 'rocket.jpg']) {
      expect(jpegLack(photo(name)), name).toBeNull();
    }
    expect(jpegLack(whole)).toBeNull();
    const video = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(5_000_000, 7)]);
    for (const behind of [Buffer.of(0), Buffer.alloc(10_000), video, whole.subarray(0, 50)]) {
      expect(jpegLack(Buffer.concat([whole, behind])), `${behind.length} bytes behind it`).toBeNull();
    }
    // Its end lies across the place from which on it is looked for first.
    for (let length = 4_090; length < 4_100; length += 1) {
      expect(jpegLack(Buffer.concat([whole, Buffer.alloc(length)])), `${length} bytes behind it`).toBeNull();
    }
  });

  test('is the picture, when that was cut off in front of it or as it begins', () => {
    for (let length = 2; length < scanAt + 4; length += 1) {
      expect(jpegLack(whole.subarray(0, length)), `${length} bytes`).toBe(noScan);
    }
    expect(jpegLack(Buffer.concat([whole.subarray(0, scanAt), Buffer.of(0xff, 0xd9)]))).toBe(noScan);
    expect(jpegLack(Buffer.concat([whole.subarray(0, scanAt + 10), Buffer.of(0xff, 0xd9)]))).toBe(noEnd); // no pixels
  });

  test('is its end, when it was cut off in the picture', () => {
    for (let length = scanAt + 4; length < whole.length; length += 1) {
      expect(jpegLack(whole.subarray(0, length)), `${length} bytes`).toBe(noEnd);
    }
    const half = photo('hubble.jpg').subarray(0, 150_000);
    expect(jpegLack(half)).toBe(noEnd);
    expect(jpegLack(Buffer.concat([half, Buffer.alloc(150_000)]))).toBe(noEnd); // room was made for all of it
    expect(jpegLack(Buffer.concat([half, Buffer.alloc(15 * 1024 * 1024)]))).toBe(noEnd);
    expect(jpegLack(Buffer.concat([half, Buffer.alloc(17 * 1024 * 1024)]))).toBeNull(); // nobody looks so far
  });

  test('is its end, although a thumbnail has one', () => {
    const exifWithThumbnail = Buffer.concat([exif([orientation(1)]), drawJpeg(8, 8)]);
    const withThumbnail = drawJpeg(40, 20, {
      first: [exifSegment(exifWithThumbnail)],
      afterFrame: [jpegSegment(0xe2, drawJpeg(8, 8))],
    });
    expect(jpegLack(withThumbnail)).toBeNull();
    expect(jpegLack(withThumbnail.subarray(0, -2))).toBe(noEnd);
    expect(jpegSize(withThumbnail)).toEqual({ width: 40, height: 20 });
  });
});
