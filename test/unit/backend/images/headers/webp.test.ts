import { describe, expect, test } from 'vitest';
import { webpLack, webpSize } from '../../../../../src/backend/images/headers/webp.js';
import { drawWebp, exif, hasExif, orientation, webpChunk } from '../../../../support/drawn-images.js';
import { photo } from '../../../../support/photos.js';

const text = (value: string) => [...Buffer.from(value, 'latin1')];
const webp = (kind: string, content: readonly number[]) =>
  Uint8Array.from([...text('RIFF'), 0, 0, 0, 0, ...text('WEBP'), ...text(kind), 10, 0, 0, 0, ...content]);

describe('the size of a WebP', () => {
  test.each([
    ['coffee.webp', 600, 400],
    ['brick.webp', 512, 512],
  ])('of the photo %s is %i x %i', (name, width, height) => {
    expect(webpSize(photo(name))).toEqual({ width, height });
  });

  test('is read from each kind of first chunk', () => {
    const lossy = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x03, 0x42, 0x02, 0x81]; // the upper two bits are a scale
    expect(webpSize(webp('VP8 ', lossy))).toEqual({ width: 0x203, height: 0x102 });
    const bits = 0x202 | (0x2101 << 14);
    const lossless = [0x2f, bits & 0xff, (bits >> 8) & 0xff, (bits >> 16) & 0xff, (bits >> 24) & 0xff, 0, 0, 0, 0, 0];
    expect(webpSize(webp('VP8L', lossless))).toEqual({ width: 0x203, height: 0x2102 });
    const extended = [0, 0, 0, 0, 0x02, 0x02, 0x01, 0x01, 0x01, 0x00];
    expect(webpSize(webp('VP8X', extended))).toEqual({ width: 0x010203, height: 0x000102 });
  });

  test('is none without a key frame, its mark, or a chunk that is known', () => {
    const lossy = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 3, 2, 2, 1];
    expect(webpSize(webp('VP8 ', lossy.with(0, 0x11)))).toBeNull();
    expect(webpSize(webp('VP8 ', lossy.with(4, 0x02)))).toBeNull();
    expect(webpSize(webp('VP8L', lossy))).toBeNull();
    expect(webpSize(webp('ALPH', lossy))).toBeNull();
    expect(webpSize(webp('VP8 ', lossy.slice(1)))).toBeNull();
    expect(webpSize(webp('VP8X', lossy.slice(1)))).toBeNull();
    expect(webpSize(webp('VP8L', [0x2f, 0, 0, 0, 0]))).toEqual({ width: 1, height: 1 });
    expect(webpSize(webp('VP8L', [0x2f, 0, 0, 0]))).toBeNull();
  });

  test('is not turned by EXIF, as browsers do not turn it either', () => {
    const turn = [webpChunk('EXIF', exif([orientation(6)]))];
    expect(webpSize(drawWebp(20, 10, hasExif, { after: turn }))).toEqual({ width: 20, height: 10 });
    expect(webpSize(drawWebp(20, 10, hasExif, { before: turn }))).toEqual({ width: 20, height: 10 });
  });
});

describe('what a WebP lacks', () => {
  test('is nothing when it is whole, whatever stands behind it', () => {
    for (const name of ['coffee.webp', 'brick.webp', 'camera.webp']) {
      expect(webpLack(photo(name)), name).toBeNull();
      expect(webpLack(Buffer.concat([photo(name), Buffer.alloc(1_000)])), name).toBeNull();
    }
    expect(webpLack(drawWebp(20, 10, 0))).toBeNull();
  });

  test('is bytes that its header tells of, when it was cut off anywhere', () => {
    const whole = drawWebp(20, 10, 0);
    for (let length = 30; length < whole.length; length += 1) {
      expect(webpLack(whole.subarray(0, length)), `${length} bytes`).toBe(
        `its header (RIFF) says that it has ${whole.length}`,
      );
      expect(webpLack(Uint8Array.from(whole.subarray(0, length)))).toContain(`${whole.length}`);
    }
  });

  test('is what its first chunk says to have, beyond what the header tells of', () => {
    const changed = Buffer.from(photo('coffee.webp'));
    for (const size of [0, 12, 1_000, changed.length - 10]) {
      changed.writeUInt32LE(size, 4);
      expect(webpLack(changed), `${size}`).toBe('its first chunk is longer than all of it');
    }
  });
});
