import { textAt, uint16LittleEndian, uint32LittleEndian } from './bytes.js';
import { nameOfMedia } from './media.js';
import { isSvg } from './svg.js';

// What names a file stands in its first bytes, except in files of boxes and in SVG.
const glance = 512;

const beginnings: readonly (readonly [beginning: string, format: string])[] = [
  ['II*\0\x10\0\0\0CR', 'cr2 (camera raw)'],
  ['II*\0', 'tiff'], // DNG, NEF, ARW and more raw files of cameras begin so as well
  ['MM\0*', 'tiff'],
  ['II+\0\x08\0\0\0', 'tiff'], // BigTIFF, with the length of its offsets
  ['MM\0+\0\x08\0\0', 'tiff'],
  ['FUJIFILMCCD-RAW', 'raf (camera raw)'],
  ['IIRO', 'orf (camera raw)'],
  ['IIRS', 'orf (camera raw)'],
  ['MMOR', 'orf (camera raw)'],
  ['IIU\0', 'rw2 (camera raw)'],
  ['II\x1a\0\0\0HEAPCCDR', 'crw (camera raw)'],
  ['II\xbc\x01', 'jxr'],
  ['8BPS\0\x01', 'psd'],
  ['8BPS\0\x02', 'psb'],
  ['gimp xcf ', 'xcf'],
  ['\0\0\0\x0cjP  \r\n', 'jp2'],
  ['\xff\x4f\xff\x51', 'jp2'],
  ['\0\0\0\x0cJXL \r\n', 'jxl'],
  ['\xff\x0a', 'jxl'],
  ['icns', 'icns'],
  ['qoif', 'qoi'],
  ['v/1\x01', 'exr'],
  ['#?RADIANCE', 'hdr'],
  ['DDS \x7c\0\0\0', 'dds'],
  ['AT&TFORM', 'djvu'],
  ['%!PS-Adobe', 'eps'],
  ['\xc5\xd0\xd3\xc6', 'eps'],
  ['\xd7\xcd\xc6\x9a', 'wmf'],
  ['\x1a\x45\xdf\xa3', 'webm or mkv'],
  ['FLV\x01', 'flv'],
  ['\0\0\x01\xba', 'mpeg'],
  ['\0\0\x01\xb3', 'mpeg'],
  ['\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'wmv'],
];

/**
 * Names a file of a format that pixstore does not keep but that people take for a picture, so that the error can say what
 * it is. Only signatures that no other bytes would have by chance are believed.
 */
export function nameOfOther(bytes: Uint8Array): string | undefined {
  const text = textAt(bytes, 0, glance);
  const known = beginnings.find(([beginning]) => text.startsWith(beginning));
  if (known) return known[1];
  if (text.startsWith('RIFF') && text.startsWith('AVI ', 8)) return 'avi';
  if (isBitmap(bytes, text)) return 'bmp';
  if (isIcon(bytes, text)) return 'ico';
  if (/^P[1-7]\r?\n[#\dW]/.test(text)) return 'pnm';
  if (/^(\xef\xbb\xbf)?\s*%PDF-\d/.test(text)) return 'pdf';
  return nameOfMedia(bytes) ?? (isSvg(bytes) ? 'svg' : undefined);
}

/** "BM" | size 4 | reserved 4, zeros | where the pixels are 4 | length of the next header 4 */
function isBitmap(bytes: Uint8Array, text: string): boolean {
  const knownLengths = [12, 16, 40, 52, 56, 64, 108, 124];
  return (
    text.startsWith('BM') && (text.startsWith('\0\0\0\0', 6) || knownLengths.includes(uint32LittleEndian(bytes, 14)))
  );
}

/** Zeros 2 | 1, or 2 for a cursor, in 2 | count 2 | of the first picture: width, height, colours, a zero, 4, size 4, where 4 */
function isIcon(bytes: Uint8Array, text: string): boolean {
  if (!text.startsWith('\0\0\x01\0') && !text.startsWith('\0\0\x02\0')) return false;
  const count = uint16LittleEndian(bytes, 4);
  const isFirstBehindDirectory = uint32LittleEndian(bytes, 18) >= 6 + 16 * count;
  return count > 0 && bytes[9] === 0 && uint32LittleEndian(bytes, 14) > 0 && isFirstBehindDirectory;
}
