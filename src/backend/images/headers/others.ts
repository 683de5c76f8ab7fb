import { textAt } from './bytes.js';

// Enough for every signature, and for what may stand before the first element of an SVG.
const glance = 4096;

const brands: Readonly<Record<string, string>> = {
  avif: 'avif',
  avis: 'avif',
  heic: 'heic',
  heix: 'heic',
  hevc: 'heic',
  hevx: 'heic',
  mif1: 'heif',
  msf1: 'heif',
};

const beginnings: readonly (readonly [beginning: string, format: string])[] = [
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['8BPS\0\x01', 'psd'],
  ['\0\0\0\x0cjP  \r\n', 'jp2'],
  ['\0\0\0\x0cJXL \r\n', 'jxl'],
];

/**
 * Names an image of a format that pixstore does not keep, so that the error can say what it is. Only signatures that no
 * other bytes would have by chance are believed.
 */
export function nameOfOther(bytes: Uint8Array): string | undefined {
  const text = textAt(bytes, 0, glance);
  if (text.startsWith('ftyp', 4)) return brands[text.slice(8, 12)];
  if (text.startsWith('BM') && text.startsWith('\0\0\0\0', 6)) return 'bmp'; // a size, then what is reserved
  if (isSvg(text)) return 'svg';
  return beginnings.find(([beginning]) => text.startsWith(beginning))?.[1];
}

/** XML that has an `svg` element before long; a page of HTML with one in it is not a picture. */
function isSvg(text: string): boolean {
  const start = text.replace('\xef\xbb\xbf', '').trimStart();
  return /^<(\?xml|!--|!doctype svg|svg[\s>])/i.test(start) && /<svg[\s>]/i.test(start);
}
