import { describe, expect, test } from 'vitest';
import { pngSize } from '../../../../../src/backend/images/headers/png.js';
import { photo } from '../../../../support/photos.js';

const header = photo('cat.png').subarray(0, 33);

describe('the size of a PNG', () => {
  test('is that of its first chunk, up to the greatest', () => {
    expect(pngSize(header)).toEqual({ width: 451, height: 300 });
    const large = Buffer.from(header);
    large.writeUInt32BE(0xffff_fffe, 16);
    expect(pngSize(large)?.width).toBe(0xffff_fffe);
  });

  test('is none when that is another chunk, of another length, or cut off', () => {
    expect(pngSize(header.subarray(0, 32))).toBeNull();
    for (const [at, byte] of [
      [11, 12],
      [8, 1],
      [12, 0x69],
    ] as const) {
      const changed = Buffer.from(header);
      changed[at] = byte;
      expect(pngSize(changed), `byte ${at}`).toBeNull();
    }
  });
});
