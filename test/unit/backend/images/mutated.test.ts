import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspectImage } from '../../../../src/backend/images/inspect.js';
import { PixstoreError } from '../../../../src/shared/index.js';
import { imageFormats } from '../../../../src/shared/protocol/formats.js';
import { drawJpeg, drawPng, drawWebp, exif, exifSegment, orientation } from '../../../support/drawn-images.js';
import { photo } from '../../../support/photos.js';
import { chunk } from '../../../support/small-picture.js';

const all = [...imageFormats];
const turn = exif([orientation(6)]);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

// One of each kind of file that is told from another, and of each walk that is made through it.
const seeds = [
  drawJpeg(40, 20, { first: [exifSegment(turn)], afterFrame: [exifSegment(turn)] }),
  drawPng(20, 10, { before: [chunk('eXIf', turn)] }),
  drawWebp(20, 10, 0),
  photo('rocket.jpg').subarray(0, 2_000),
  photo('coffee.webp').subarray(0, 2_000),
  photo('cat.png').subarray(0, 2_000),
  latin1('\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf\0\0\0\x08free\0\0\0\x10mdatpixels..'),
  latin1('\0\0\0\x01mdat\0\0\0\0\0\0\0\x18pixels..\0\0\0\x14ftypavif\0\0\0\0mif1'),
  latin1('\xef\xbb\xbf<?xml version="1.0"?><!-- none --><!DOCTYPE svg [<!ENTITY a "b">]><svg width="1"/>'),
  Buffer.from('\ufeff<?xml version="1.0"?><svg/>', 'utf16le'),
  latin1('\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0'),
  latin1('BM\x46\0\0\0\x01\0\x01\0\x36\0\0\0\x28\0\0\0\x01'),
  latin1('II*\0\x10\0\0\0CR\x02\0'),
];

// Numbers that lengths and offsets go wrong by.
const edges = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xd8, 0xd9, 0xda, 0xe1, 0xfe, 0xff];

interface Change {
  at: number;
  bytes: number[];
  kind: 'set' | 'insert' | 'remove';
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(2_000),
  bytes: fc.array(fc.oneof(fc.constantFrom(...edges), fc.nat(255)), { minLength: 1, maxLength: 8 }),
  kind: fc.constantFrom('set', 'set', 'set', 'insert', 'remove'),
});

const mutated = fc
  .record({ seed: fc.constantFrom(...seeds), changes: fc.array(change, { maxLength: 6 }), length: fc.nat(2_500) })
  .map(({ seed, changes, length }) => {
    const bytes = [...seed];
    for (const { at, bytes: given, kind } of changes) {
      bytes.splice(at % bytes.length, kind === 'insert' ? 0 : given.length, ...(kind === 'remove' ? [] : given));
    }
    return Uint8Array.from(bytes.slice(0, Math.max(1, length)));
  });

/** What is found, or the code of the error. */
function answerTo(bytes: Uint8Array): unknown {
  try {
    const found = inspectImage(bytes, all);
    expect(all).toContain(found.format);
    expect(found.width > 0 && found.height > 0 && found.width < 2 ** 32 && found.height < 2 ** 32).toBe(true);
    return found;
  } catch (error) {
    if (!(error instanceof PixstoreError)) throw error;
    expect(error.code).toMatch(/^IMAGE_(TRUNCATED|NOT_RECOGNIZED|FORMAT_REFUSED|EMPTY|TOO_MANY_PIXELS)$/);
    return error.code;
  }
}

describe('mutated files', () => {
  test('end in a size or in an error of their own, which nothing beside them in memory decides', () => {
    const property = fc.property(mutated, fc.constantFrom(0x00, 0xd9, 0xff), (bytes, beside) => {
      // A view into more memory: what is read out of bounds would make a difference.
      const memory = Buffer.alloc(bytes.length + 200, beside);
      const view = new Uint8Array(memory.buffer, memory.byteOffset + 100, bytes.length);
      view.set(bytes);
      expect(answerTo(view)).toEqual(answerTo(bytes));
      expect(view).toEqual(bytes); // and nothing is written
    });
    fc.assert(property, { numRuns: 6_000 });
  });

  test('take no longer than whole ones', () => {
    let longest = 0;
    const property = fc.property(mutated, (bytes) => {
      const least = [1, 2, 3].map(() => {
        const { user } = process.cpuUsage();
        answerTo(bytes);
        return process.cpuUsage().user - user;
      });
      longest = Math.max(longest, Math.min(...least));
    });
    fc.assert(property, { numRuns: 2_000 });
    expect(longest / 1000).toBeLessThan(10);
  });
});
