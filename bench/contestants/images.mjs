import { createCipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const folder = new URL('../../demo/photos/', import.meta.url);

/** Of a PNG. */
const chunkOverhead = 12;

/** @type {Map<string, Buffer>} */
const made = new Map();

/**
 * A valid image of exactly so many bytes, the same ones in every process: a photo of the demo when one fits, else a
 * small picture of noise. What is missing to the size is noise behind its pixels, over which decoders pass: nothing
 * compresses it, and nothing strips it.
 *
 * @param {number} size bytes, at least 1,024
 * @param {number} [rank] among the photos that fit, the largest first; goes round
 */
export function imageOf(size, rank = 0) {
  const name = `${size} ${rank}`;
  const image = made.get(name) ?? paddedPhoto(size, rank) ?? noisePng(size);
  made.set(name, image);
  return image;
}

/**
 * @param {number} size
 * @param {number} rank
 */
function paddedPhoto(size, rank) {
  const photos = readdirSync(folder)
    .filter((name) => name.endsWith('.jpg'))
    .map((name) => readFileSync(new URL(name, folder)))
    .filter((bytes) => bytes.length <= size)
    .sort((a, b) => b.length - a.length);
  const photo = photos[rank % photos.length];
  if (!photo) return undefined;
  const [picture, end] = [photo.subarray(0, -2), photo.subarray(-2)];
  const padding = noise(size - photo.length).map((byte) => (byte === 0xff ? 0 : byte)); // no marker
  return Buffer.concat([picture, padding, end]);
}

/** @param {number} size */
function noisePng(size) {
  const width = 16;
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, width, 8, 2, 0, 0, 0]); // 8 bits of red, green and blue
  const pixels = noise(width * (1 + 3 * width));
  for (let row = 0; row < width; row += 1) pixels[row * (1 + 3 * width)] = 0; // no filter
  const begin = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header)]);
  const picture = chunk('IDAT', deflateSync(pixels, { level: 0 }));
  const end = chunk('IEND', Buffer.alloc(0));
  const filler = chunk('IDAT', noise(size - begin.length - picture.length - end.length - chunkOverhead));
  return Buffer.concat([begin, picture, filler, end]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(named.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  named.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(named), named.length + 4);
  return bytes;
}

/** @param {number} bytes */
function noise(bytes) {
  const seed = Buffer.alloc(32, 1);
  return createCipheriv('aes-256-ctr', seed, seed.subarray(16)).update(Buffer.alloc(bytes));
}

/**
 * An image of so many bytes that is known again by some of them, which `stampOf` finds.
 *
 * @param {number} size
 * @param {Buffer} stamp bytes below 128, which are no marker
 */
export function stampedImageOf(size, stamp) {
  const image = imageOf(size - stamp.length - chunkOverhead);
  const [endLength, more] = isJpeg(image)
    ? [2, Buffer.concat([Buffer.alloc(chunkOverhead), stamp])]
    : [chunkOverhead, chunk('IDAT', stamp)];
  return Buffer.concat([image.subarray(0, -endLength), more, image.subarray(-endLength)]);
}

/**
 * @param {Buffer} image
 * @param {number} length
 */
export function stampOf(image, length) {
  const end = isJpeg(image) ? 2 : chunkOverhead + 4; // behind it a checksum and the chunk of the end
  return image.subarray(-length - end, -end).toString('hex');
}

/** @param {Buffer} image */
function isJpeg(image) {
  return image[0] === 0xff;
}
