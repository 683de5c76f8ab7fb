import type { Size } from './plan.js';

// BMP: "BM" | length 4 | 0 4 | where the pixels are 4 | header: its length 4 | width 4 | height 4, negative when the first row
// comes first | planes 2 | bits of a pixel 2 | compression 4 | ... | colours of the palette 4, at 46 | masks, from 54 on.
const mostHeader = 124;
const uncompressed = 0;
const withMasks = [3, 6];

/** Null when the header is cut off, or of OS/2. */
export function bitmapSize(bytes: Uint8Array): Size | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 54 || view.getUint32(14, true) < 40 || view.getUint32(14, true) > mostHeader) return null;
  const size = { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
  return size.width > 0 && size.height > 0 ? size : null;
}

/**
 * Writes the pixels of a BMP as red, green, blue and transparency, a byte each.
 *
 * @returns what is wrong, as part of a sentence; undefined when all are written
 */
export function decodeBitmap(bytes: Uint8Array, { width, height }: Size, pixels: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const hasMasks = withMasks.includes(compression);
  if (compression !== uncompressed && !hasMasks) return 'it is a compressed BMP, which is not read';
  if (![1, 4, 8, 16, 24, 32].includes(bits)) return `a BMP has no pixels of ${bits} bits`;
  const start = view.getUint32(10, true);
  const rowLength = Math.ceil((bits * width) / 32) * 4;
  if (start + rowLength * height > bytes.length) return 'its pixels are cut off';
  const colourAt = bits <= 8 ? paletteReader(view, bits) : maskReader(view, bits, hasMasks);
  if (!colourAt) return 'its header is cut off';
  const isUpsideDown = view.getInt32(22, true) > 0;
  for (let y = 0; y < height; y += 1) {
    const row = start + rowLength * (isUpsideDown ? height - 1 - y : y);
    for (let x = 0; x < width; x += 1) colourAt(row, x, pixels, (y * width + x) * 4);
  }
  return undefined;
}

/** Writes the colour of the pixel at `x` of a row. */
type ReadColour = (row: number, x: number, pixels: Uint8Array, to: number) => void;

function paletteReader(view: DataView, bits: number): ReadColour | undefined {
  const paletteAt = 14 + view.getUint32(14, true);
  const colours = Math.min(view.getUint32(46, true) || 2 ** bits, 2 ** bits);
  if (paletteAt + colours * 4 > view.byteLength) return undefined;
  const perByte = 8 / bits;
  return (row, x, pixels, to) => {
    const byte = view.getUint8(row + Math.floor(x / perByte));
    const index = (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
    const at = paletteAt + Math.min(index, colours - 1) * 4;
    pixels[to] = view.getUint8(at + 2);
    pixels[to + 1] = view.getUint8(at + 1);
    pixels[to + 2] = view.getUint8(at);
    pixels[to + 3] = 255;
  };
}

function maskReader(view: DataView, bits: number, hasMasks: boolean): ReadColour | undefined {
  if (hasMasks && view.byteLength < 70) return undefined;
  const hasAlpha = hasMasks && view.getUint32(14, true) >= 56 && view.getUint32(66, true) !== 0;
  const plain = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
  const masks = hasMasks ? [54, 58, 62].map((at) => view.getUint32(at, true)) : plain;
  const channels = [...masks, hasAlpha ? view.getUint32(66, true) : 0].map(channelOf);
  const bytesEach = bits / 8;
  return (row, x, pixels, to) => {
    const at = row + x * bytesEach;
    const low = view.getUint16(at, true);
    const value =
      bits === 16 ? low : low + view.getUint8(at + 2) * 2 ** 16 + (bits === 32 ? view.getUint8(at + 3) * 2 ** 24 : 0);
    channels.forEach(({ shift, most }, index) => {
      pixels[to + index] = most === 0 ? 255 : (((value >>> shift) & most) * 255) / most;
    });
  };
}

/** Where in a pixel a channel is, and its highest value. */
function channelOf(mask: number): { shift: number; most: number } {
  if (mask === 0) return { shift: 0, most: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { shift, most: mask >>> shift };
}
