import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { stripImage } from '../../../../../src/backend/images/metadata/strip.js';
import { jpegSegment } from '../../../../support/drawn-images.js';
import { latin1, secret, seenIn, tellingSegments, trailer, withSegments } from '../../../../support/metadata.js';
import { photo } from '../../../../support/photos.js';

const side = 64;
const plain = await sharp(photo('astronaut.jpg'))
  .resize(side, side)
  .withExif({ IFD0: { Make: secret } })
  .jpeg()
  .toBuffer();
const mapPixels = await sharp(photo('retina.jpg'))
  .resize(side / 2, side / 2)
  .greyscale()
  .jpeg()
  .toBuffer();
const preview = withSegments(await sharp(photo('rocket.jpg')).resize(16, 16).jpeg().toBuffer(), [
  jpegSegment(0xfe, latin1(secret)),
]);

const xmpSegment = (properties: string) =>
  jpegSegment(
    0xe1,
    latin1(
      `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="${secret}"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ${properties}</rdf:Description></rdf:RDF></x:xmpmeta>`,
    ),
  );

const hdrgm = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"';
const mapXmp = xmpSegment(
  `${hdrgm} hdrgm:BaseRenditionIsHDR="False" hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2.5" hdrgm:Gamma="1" hdrgm:GainMapMin="-0.5" hdrgm:GainMapMax="2.5">`,
);
const primaryXmp = (length: number) =>
  xmpSegment(
    `${hdrgm} xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/"><Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="${length}"/></rdf:li></rdf:Seq></Container:Directory>`,
  );

const isoName = 'urn:iso:std:iso:ts:21496:-1\0';
const isoVersion = jpegSegment(0xe2, Buffer.concat([latin1(isoName), Buffer.alloc(4)]));
const isoMap = (() => {
  const numbers = [0, 1, 5, 2, -1, 2, 5, 2, 1, 1, 1, 64, 1, 64]; // fractions: headrooms, minimum, maximum, gamma, offsets
  const content = Buffer.alloc(5 + 4 * numbers.length);
  content[4] = 0x40;
  for (const [index, number] of numbers.entries()) content.writeInt32BE(number, 5 + 4 * index);
  return jpegSegment(0xe2, Buffer.concat([latin1(isoName), content]));
})();

/** A file of several pictures, listed in its MPF, little-endian as some cameras write it. */
function several(first: Buffer, ...others: readonly Buffer[]): Buffer {
  const count = 1 + others.length;
  const list = Buffer.alloc(8 + 2 + 12 + 4 + 16 * count);
  list.write('II*\0\x08\0\0\0\x01\0\x02\xb0\x07\0', 'latin1');
  list.writeUInt32LE(16 * count, 14);
  list.writeUInt32LE(26, 18);
  const segment = () => jpegSegment(0xe2, Buffer.concat([latin1('MPF\0'), list]));
  let at = 2 + segment().length + first.length - 2;
  const base = 2 + 4 + 4;
  for (const [index, other] of others.entries()) {
    list.writeUInt32LE(other.length, 26 + 16 * (index + 1) + 4);
    list.writeUInt32LE(at - base, 26 + 16 * (index + 1) + 8);
    at += other.length;
  }
  return Buffer.concat([withSegments(first, [segment()]), ...others]);
}

const map = (segments: readonly Buffer[]) => withSegments(mapPixels, [...segments, ...tellingSegments]);
const adobeMap = map([mapXmp]);
const files: readonly (readonly [name: string, file: Buffer])[] = [
  ['by Adobe', several(withSegments(plain, [primaryXmp(adobeMap.length)]), adobeMap)],
  ['by Adobe, behind a preview', several(withSegments(plain, [primaryXmp(adobeMap.length)]), preview, adobeMap)],
  ['of ISO 21496-1', several(withSegments(plain, [isoVersion]), map([isoMap]))],
  ['of both', several(withSegments(plain, [primaryXmp(0), isoVersion]), map([mapXmp, isoMap]))],
  ['that no list names', Buffer.concat([withSegments(plain, [primaryXmp(adobeMap.length)]), adobeMap])],
];

/** Pictures in a file, by where they begin. */
function picturesIn(file: Buffer): Buffer[] {
  const starts = [...file.toString('latin1').matchAll(/\xff\xd8\xff/g)].map(({ index }) => index);
  return starts.map((start, index) => file.subarray(start, starts[index + 1]));
}

describe.each(files)('a gain map %s', (name, file) => {
  const whole = Buffer.concat([file, trailer]);

  test('stays, itself stripped', async () => {
    const stripped = Buffer.from(await stripImage(whole, 'jpg', true));
    expect(stripped.includes(secret)).toBe(false);
    const found = picturesIn(stripped);
    expect(found).toHaveLength(2);
    const [first, second] = found as [Buffer, Buffer];
    expect(await seenIn(first)).toEqual(await seenIn(plain));
    expect(await seenIn(second)).toEqual(await seenIn(mapPixels));
  });

  test('is where the picture says', async () => {
    const stripped = Buffer.from(await stripImage(whole, 'jpg', true));
    const [first, second] = picturesIn(stripped) as [Buffer, Buffer];
    const list = stripped.indexOf('MPF\0') + 4;
    expect(list + stripped.readUInt32BE(list + 74)).toBe(first.length);
    expect([54, 70].map((at) => stripped.readUInt32BE(list + at))).toEqual([first.length, second.length]);
    if (!name.includes('ISO')) expect(first.toString('latin1')).toContain(`Item:Length="${second.length}"`);
    expect((await stripImage(stripped, 'jpg', true)) === stripped).toBe(true);
  });

  test('is found by a library that renders it', async () => {
    const before = (await sharp(whole).metadata()).gainMap;
    const after = (await sharp(Buffer.from(await stripImage(whole, 'jpg', true))).metadata()).gainMap;
    expect(after?.image.length).toBeGreaterThan(0);
    if (before) expect(await seenIn(after?.image as Buffer)).toEqual(await seenIn(before.image));
  });
});

test('numbers of a gain map stay, one or three, and nothing else of its XMP', async () => {
  const three = '<rdf:Seq><rdf:li>2.5</rdf:li><rdf:li>2.25</rdf:li><rdf:li>2</rdf:li></rdf:Seq>';
  const told = xmpSegment(
    `${hdrgm} hdrgm:HDRCapacityMin="${secret}" hdrgm:Gamma="1"><hdrgm:GainMapMax>${three}</hdrgm:GainMapMax><hdrgm:OffsetSDR>0.5</hdrgm:OffsetSDR>`,
  );
  const stripped = Buffer.from(await stripImage(several(plain, map([told])), 'jpg', true)).toString('latin1');
  expect(stripped).toContain(`<hdrgm:GainMapMax>${three}</hdrgm:GainMapMax>`);
  expect(stripped).toContain('hdrgm:Gamma="1" hdrgm:OffsetSDR="0.5"');
  expect(stripped).not.toContain(secret);
});

test("Apple's gain map stays", async () => {
  const apples = xmpSegment(
    `xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/" xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/" apdi:AuxiliaryImageType="urn:com:apple:photos:2020:aux:hdrgainmap" apdi:NativeFormat="1278226488" HDRGainMap:HDRGainMapVersion="65536" HDRGainMap:HDRGainMapHeadroom="4.5" dc:creator="${secret}">`,
  );
  const stripped = Buffer.from(await stripImage(several(plain, map([apples]), preview), 'jpg', true));
  const [, second, third] = picturesIn(stripped);
  expect(third).toBeUndefined();
  expect(second?.toString('latin1')).toMatch(
    /hdrgainmap" HDRGainMap:HDRGainMapVersion="65536" .*Headroom="4.5" apdi:Native/,
  );
  expect(stripped.includes(secret)).toBe(false);
});

test.each([
  ['a preview', several(plain, preview)],
  ['a list that leads nowhere', several(plain).subarray(0, -2)],
  ['a gain map that is cut off', several(plain, adobeMap.subarray(0, adobeMap.length >> 1))],
  [
    'a list that leads to itself',
    withSegments(plain, [jpegSegment(0xe2, latin1('MPF\0II*\0\x08\0\0\0\x01\0\x02\xb0\x07\0\x20\0\0\0\x08\0\0\0'))]),
  ],
])('%s goes', async (_, file) => {
  const whole = file.subarray(-2).equals(Buffer.of(0xff, 0xd9)) ? file : Buffer.concat([file, Buffer.of(0xff, 0xd9)]);
  const stripped = Buffer.from(await stripImage(whole, 'jpg', true));
  expect(picturesIn(stripped)).toHaveLength(1);
  expect(stripped.includes('MPF')).toBe(false);
  expect(await seenIn(stripped)).toEqual(await seenIn(plain));
});
