import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { exiftool, tagsOf } from '../../support/exiftool.js';
import { temporaryFolder } from '../../support/folders.js';
import { secret, seenIn, tellingPictures } from '../../support/metadata.js';
import { openPayload } from '../../support/payload.js';
import { photo, photoWithPlace } from '../../support/photos.js';

const everyFormat = ['png', 'webp', 'jpg', 'gif', 'avif'] as const;

/** What exiftool may find: what it says of the file itself, of the picture, its colours, and how it is to be shown. */
const harmless = [
  /^(SourceFile|System:|ExifTool:|File:|Composite:(ImageSize|Megapixels)$)/,
  /^IFD0:Orientation$/,
  /^(JFIF|Adobe|ICC-\w+|ICC_Profile|ICC_Profile#|PNG-pHYs):/,
  /^PNG:(ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|ProfileName|Palette|Gamma|SRGBRendering)$/,
  /^RIFF:(ImageWidth|ImageHeight|AlphaIsUsed|VP8Version|HorizontalScale|VerticalScale|WebP_Flags|BackgroundColor|AnimationLoopCount|FrameCount|Duration|Alpha\w+)$/,
  /^GIF:(GIFVersion|ImageWidth|ImageHeight|HasColorMap|ColorResolutionDepth|BitsPerPixel|BackgroundColor|PixelAspectRatio|AnimationIterations|FrameCount|Duration|TransparentColor)$/,
  /^(QuickTime|Meta|ItemList|ItemProp\w*):(MajorBrand|MinorVersion|CompatibleBrands|HandlerType|PrimaryItemReference|ImageWidth|ImageHeight|ImageSpatialExtent|ImagePixelDepth|AV1\w*|ColorProfiles|ColorPrimaries|TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag|AuxiliaryImageType|MediaData\w*|HighBitDepth|TwelveBit|InitialDelaySamples|Seq\w+|MetaImageSize|Chroma\w+|ContentType|BitDepth\w*)$/,
];

/** Files as cameras and editors leave them, whose tags exiftool itself writes. */
async function writtenByExiftool(folder: string): Promise<string[]> {
  const source = sharp(photo('rocket.jpg')).resize(64, 48);
  const files = everyFormat.map((format) => join(folder, `written.${format}`));
  await Promise.all(
    files.map(async (file, at) =>
      writeFile(
        file,
        await source
          .clone()
          .toFormat(everyFormat[at] as 'png')
          .toBuffer(),
      ),
    ),
  );
  const exif = [
    `-Make=${secret}`,
    `-SerialNumber=${secret}`,
    '-GPSLatitude=48.858',
    '-GPSLatitudeRef=N',
    '-GPSLongitude=2.294',
  ];
  const others = [
    `-XMP:Creator=${secret}`,
    `-XMP-exif:GPSLatitude=48.858`,
    `-IPTC:Caption-Abstract=${secret}`,
    `-Photoshop:CopyrightFlag=1`,
  ];
  await exiftool(
    '-q',
    '-q',
    '-m',
    '-overwrite_original',
    ...exif,
    ...others,
    `-Comment=${secret}`,
    '-Orientation#=6',
    ...files,
  );
  return files;
}

test('what is saved tells nothing to an independent reader, and is seen as before', async () => {
  const folder = await temporaryFolder();
  const backend = await openBackend({ imageFormats: [...everyFormat] });
  const written = await Promise.all((await writtenByExiftool(folder)).map((file) => readFile(file)));
  const sources = [...(await tellingPictures()).map(({ bytes }) => bytes), ...written, photoWithPlace()];
  const saved: string[] = [];
  for (const [index, source] of sources.entries()) {
    const record = await backend.saveImage(source);
    const kept = await backend.readImage(record?.id as string);
    expect(record?.bytes).toBe(kept?.bytes.length);
    expect(Buffer.from(kept?.bytes ?? []).includes(secret)).toBe(false);
    expect(await seenIn(kept?.bytes as Uint8Array)).toEqual(await seenIn(source));
    const file = join(folder, `saved-${index}.${kept?.format}`);
    await writeFile(file, kept?.bytes ?? '');
    saved.push(file);
  }
  const tags = await tagsOf(saved);
  expect(tags).toHaveLength(sources.length);
  for (const found of tags) {
    const telling = Object.entries(found).filter(([name]) => !harmless.some((pattern) => pattern.test(name)));
    expect(Object.fromEntries(telling), String(found['File:FileType'])).toEqual({});
  }
}, 120_000);

describe('a photo with the place it was taken at', () => {
  const source = photoWithPlace();

  test('is upright in its record, and no byte that a client gets has the place', async () => {
    const backend = await openBackend();
    const record = await backend.saveImage(source);
    expect([record?.width, record?.height]).toEqual([451, 300]);
    const payload = await backend.customEndpointHelper(record?.id, undefined, record?.statelessProof);
    const image = openPayload(payload as Uint8Array, record as ImageRecord);
    for (const word of ['ExampleCam', 'GPS']) expect(image.includes(word), word).toBe(false);
    expect(image.length).toBe(record?.bytes);
    expect(await sharp(image).autoOrient().metadata()).toMatchObject({ width: 300, height: 451, orientation: 8 });
    expect(await seenIn(image)).toEqual(await seenIn(source));
  });

  test('is stripped by updates and from files, too, and not when it is not to be', async () => {
    const backend = await openBackend();
    const file = join(backend.folder, 'photo.jpg');
    await writeFile(file, source);
    const record = await backend.saveImageFromFile(file, { id: 'photo' });
    expect(record?.bytes).toBeLessThan(source.length);
    expect((await backend.updateImage('photo', source))?.bytes).toBe(record?.bytes);
    expect((await backend.updateImageFromFile('photo', file))?.bytes).toBe(record?.bytes);

    const exact = await openBackend({ stripMetadata: false });
    const kept = await exact.readImage((await exact.saveImage(source))?.id as string);
    expect(source.equals(kept?.bytes as Uint8Array)).toBe(true);
  });

  test('is refused where it cannot be taken apart, unless it may stay as it is', async () => {
    const odd = Buffer.concat([source.subarray(0, 2), Buffer.of(0xff, 0xc8, 0, 4, 0, 0), source.subarray(2)]);
    const strict = await openBackend({ errorHandlingMode: 'throw' });
    await expect(strict.saveImage(odd)).rejects.toMatchObject({ code: 'IMAGE_NOT_STRIPPABLE', status: 422 });
    const lenient = await openBackend({ stripMetadata: 'best-effort' });
    expect((await lenient.saveImage(odd))?.bytes).toBe(odd.length);
  });
});
