import { describe, expect, test } from 'vitest';
import { nameOfOther } from '../../../../../src/backend/images/headers/others.js';

const nameOf = (text: string) => nameOfOther(Buffer.from(text, 'latin1'));

describe('files of other formats', () => {
  test.each([
    ['tiff', 'II*\0\x08\0\0\0'],
    ['tiff', 'MM\0*\0\0\0\x08'],
    ['tiff', 'II*\0\xf0\xff\xff\x01'], // its directory is at the end
    ['tiff', 'MM\0*\x01\xff\xff\xf0'],
    ['tiff', 'II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0'], // BigTIFF
    ['tiff', 'MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10'],
    ['cr2 (camera raw)', 'II*\0\x10\0\0\0CR\x02\0'],
    ['raf (camera raw)', 'FUJIFILMCCD-RAW 0201'],
    ['orf (camera raw)', 'IIRO\x08\0\0\0'],
    ['orf (camera raw)', 'MMOR\0\0\0\x08'],
    ['rw2 (camera raw)', 'IIU\0\x18\0\0\0'],
    ['jxr', 'II\xbc\x01\x20\0\0\0'],
    ['psd', '8BPS\0\x01\0\0'],
    ['psb', '8BPS\0\x02\0\0'],
    ['jp2', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['jp2', '\xff\x4f\xff\x51\0\x2f'], // without boxes
    ['jxl', '\0\0\0\x0cJXL \r\n\x87\n'],
    ['jxl', '\xff\x0a\xfa\x1f'], // without boxes
    ['bmp', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0'],
    ['bmp', 'BM\x46\0\0\0\x01\0\x01\0\x36\0\0\0\x28\0\0\0\x01'], // with a hotspot where zeros are usual
    ['ico', '\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0'],
    ['ico', '\0\0\x02\0\x02\0\x20\x20\0\0\0\0\0\0\x30\x01\0\0\x26\0\0\0'], // a cursor
    ['icns', 'icns\0\0\x10\0'],
    ['eps', '%!PS-Adobe-3.0 EPSF-3.0'],
    ['pnm', 'P6\n# a comment\n10 10\n255\n'],
    ['pdf', '%PDF-1.7\n%abcdef'],
    ['pdf', '\xef\xbb\xbf\r\n%PDF-2.0'],
    ['avi', 'RIFF\0\0\0\0AVI LIST'],
    ['webm or mkv', '\x1a\x45\xdf\xa3\x9fB\x86\x81\x01'],
    ['flv', 'FLV\x01\x05'],
    ['mpeg', '\0\0\x01\xba\x44'],
    ['wmv', '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9'],
    ['heic', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ])('%s is named by what %j begins with', (format, bytes) => {
    expect(nameOf(bytes)).toBe(format);
  });

  test.each([
    '',
    'BMW builds cars, does it not?',
    'GIF90a',
    'II',
    'II+\0',
    'MM\0\0',
    'P6 is a motorway toll',
    'RIFF\0\0\0\0WAVEfmt ',
    'see %PDF-1.7',
    '\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', // an icon of nothing
    '\0\0\x01\0\x02\0\x10\x10\0\0\x01\0\x20\0\x68\x04\0\0\x16\0\0\0', // in its own directory
    '\0\0\x01\0\x01',
    'ID3\x04\0',
    'PK\x03\x04',
  ])('%j is none of them', (bytes) => {
    expect(nameOf(bytes)).toBeUndefined();
  });
});
