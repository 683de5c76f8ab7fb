import { createCipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const folder = new URL('../../demo/photos/', import.meta.url);
const smallestComment = 4;
const largestComment = 65_537;

/** @type {Map<string, Buffer>} */
const made = new Map();

/**
 * A valid image of exactly so many bytes, the same ones in every process: a photo of the demo when one fits, else a
 * small picture of noise. What is missing to the size is noise in a comment, so that nothing compresses.
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
    .filter((bytes) => bytes.length <= size - smallestComment)
    .sort((a, b) => b.length - a.length);
  const photo = photos[rank % photos.length];
  if (!photo) return undefined;
  const firstSegmentEnd = 4 + photo.readUInt16BE(4); // a JFIF segment has to stay the first
  const [head, rest] = [photo.subarray(0, firstSegmentEnd), photo.subarray(firstSegmentEnd)];
  return Buffer.concat([head, comments(size - photo.length), rest]);
}

/** @param {number} bytes of JPEG comment segments in all */
function comments(bytes) {
  const padding = noise(bytes);
  const count = Math.ceil(bytes / largestComment);
  for (let index = 0; index < count; index += 1) {
    const begin = Math.floor((bytes * index) / count);
    const end = Math.floor((bytes * (index + 1)) / count);
    padding.writeUInt16BE(0xfffe, begin);
    padding.writeUInt16BE(end - begin - 2, begin + 2);
  }
  return padding;
}

/** @param {number} size */
function noisePng(size) {
  const width = 16;
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, width, 8, 2, 0, 0, 0]); // 8 bits of red, green and blue
  const pixels = noise(width * (1 + 3 * width));
  for (let row = 0; row < width; row += 1) pixels[row * (1 + 3 * width)] = 0; // no filter
  const begin = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header)]);
  const end = Buffer.concat([chunk('IDAT', deflateSync(pixels, { level: 0 })), chunk('IEND', Buffer.alloc(0))]);
  const filler = chunk('fiLl', noise(size - begin.length - end.length - 12));
  return Buffer.concat([begin, filler, end]);
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
