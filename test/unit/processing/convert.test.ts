import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { sharpProcessing } from '../../../src/processing/index.js';
import { drawBitmap } from '../../support/drawn-bitmap.js';
import { failure } from '../../support/errors.js';
import { metadataIn } from '../../support/exiftool.js';
import { photoPath } from '../../support/photos.js';

// HEIC and BMP are decoded by a thread, which runs the built package: test/hostile/conversion.test.ts.

const processing = sharpProcessing({ convert: { tiff: 'png' } });
const xmp =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="home"/></rdf:RDF></x:xmpmeta>';
const cat = () => sharp(photoPath('cat.png')).removeAlpha();
const pixelsOf = (bytes: Uint8Array) => sharp(bytes).removeAlpha().raw().toBuffer();

test.each(['heic', 'heif', 'bmp', 'jxl', 'png', 'constructor'])(
  '%s is left alone, unless it is to be converted',
  (format) => {
    expect(processing.convert(new Uint8Array(10), format)).toBe(null);
  },
);

// It is not there beside the sources, as in many a bundle.
test('without the file of its thread, BMP is refused with what to do', async () => {
  const bitmap = drawBitmap({ bits: 24, width: 1, rows: [[1, 2, 3, 0]] });
  const { message } = await failure('PROCESSING_UNAVAILABLE', () =>
    sharpProcessing({ convert: { bmp: 'png' } }).convert(bitmap, 'bmp'),
  );
  expect(message).toContain('out of bundles');
});

describe('TIFF', () => {
  test.each(['none', 'lzw', 'deflate'] as const)('keeps its pixels (%s)', async (compression) => {
    const made = (await processing.convert(await cat().tiff({ compression }).toBuffer(), 'tiff')) ?? Buffer.alloc(0);
    expect((await sharp(made).metadata()).format).toBe('png');
    expect(Buffer.compare(await pixelsOf(made), await cat().raw().toBuffer())).toBe(0);
  });

  test('becomes upright, and loses its metadata', async () => {
    const tiff = await cat().rotate(90).withMetadata({ orientation: 8 }).withXmp(xmp).tiff().toBuffer();
    expect(await metadataIn(tiff)).toContain('XMP:Source');
    const made = (await processing.convert(tiff, 'tiff')) ?? Buffer.alloc(0);
    const { width, height } = await sharp(made).metadata();
    expect([width, height]).toEqual([451, 300]);
    expect(await metadataIn(made)).toEqual([]);
  });

  test('of 16 bits and of print becomes sRGB of 8 bits', async () => {
    const grey = sharp({ create: { width: 20, height: 20, channels: 3, background: '#808080' } });
    for (const space of ['rgb16', 'cmyk']) {
      const made = await processing.convert(await grey.clone().toColourspace(space).tiff().toBuffer(), 'tiff');
      const { depth, space: found } = await sharp(made ?? Buffer.alloc(0)).metadata();
      expect([depth, found]).toEqual(['uchar', 'srgb']);
    }
  });

  test('with more pixels than may be decoded is refused', async () => {
    const small = sharpProcessing({ convert: { tiff: 'png' }, maxDecodePixels: 1000 });
    await failure('IMAGE_TOO_LARGE_TO_DECODE', async () => small.convert(await cat().tiff().toBuffer(), 'tiff'));
  });

  test.each([8, 100, 5000])('cut off after %i bytes is refused', async (length) => {
    const strict = sharpProcessing({ convert: { tiff: 'png' }, verify: 'decode' });
    const tiff = await cat().tiff({ compression: 'lzw' }).toBuffer();
    await failure('IMAGE_BROKEN', () => strict.convert(tiff.subarray(0, length), 'tiff'));
  });

  test('that is a raw photo of a camera is refused, and not made into its preview', async () => {
    // One entry, the version of DNG.
    const dng = Buffer.from('II*\0\x08\0\0\0\x01\0\x12\xc6\x01\0\x01\0\0\0\x01\x04\0\0\0\0\0\0', 'latin1');
    await failure('IMAGE_FORMAT_REFUSED', () => processing.convert(dng, 'tiff'));
  });

  test('that only begins like one is refused', async () => {
    await failure('IMAGE_BROKEN', async () => processing.convert(await cat().png().toBuffer(), 'tiff'));
  });
});
