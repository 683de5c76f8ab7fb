import { describe, expect, test } from 'vitest';
import { nameOfOther } from '../../../../../src/backend/images/headers/others.js';

const nameOf = (text: string) => nameOfOther(Buffer.from(text, 'latin1'));

describe('images of other formats', () => {
  test.each([
    ['gif', 'GIF87a\x01\0\x01\0'],
    ['gif', 'GIF89a'],
    ['tiff', 'II*\0\x08\0\0\0'],
    ['tiff', 'MM\0*\0\0\0\x08'],
    ['psd', '8BPS\0\x01\0\0'],
    ['jp2', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['jxl', '\0\0\0\x0cJXL \r\n\x87\n'],
    ['bmp', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0'],
    ['avif', '\0\0\0\x20ftypavif\0\0\0\0'],
    ['heic', '\0\0\0\x18ftypheic\0\0\0\0'],
    ['heif', '\0\0\0\x18ftypmif1\0\0\0\0'],
    ['svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['svg', '\xef\xbb\xbf\n<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg\nwidth="1">'],
    ['svg', '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><SVG >'],
  ])('%s is named by what %j begins with', (format, bytes) => {
    expect(nameOf(bytes)).toBe(format);
  });

  test.each([
    '',
    'BMW builds cars, does it not?',
    'GIF90a',
    'II',
    'MM\0\0',
    'ftypavif',
    '\0\0\0\x20ftypmp42',
    '<html><body><svg width="1"></svg>',
    '<?xml version="1.0"?><note/>',
    '<svgish>',
    `<!--${' '.repeat(5_000)}--><svg>`, // too far from the beginning to be looked for
  ])('%j is none of them', (bytes) => {
    expect(nameOf(bytes)).toBeUndefined();
  });
});
