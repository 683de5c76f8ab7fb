/** What a BMP is made of. */
export interface BitmapLayout {
  bits: 1 | 4 | 8 | 16 | 24 | 32;
  /** Rows as they are in the file, each with its filling. */
  rows: readonly (readonly number[])[];
  width: number;
  /** Blue, green, red and a zero each. */
  palette?: readonly (readonly number[])[];
  /** Of red, green, blue, and of transparency when there are four. */
  masks?: readonly number[];
  /** Is the first row in front? */
  isTopDown?: boolean;
  compression?: number;
}

/** A BMP, byte by byte. */
export function drawBitmap(layout: BitmapLayout): Buffer {
  const { bits, rows, width, palette = [], masks = [], isTopDown = false } = layout;
  const headerLength = masks.length > 3 ? 56 : 40;
  const header = Buffer.alloc(14 + headerLength + (headerLength === 40 ? masks.length * 4 : 0));
  const pixels = Buffer.from(rows.flat());
  const pixelsAt = header.length + palette.length * 4;
  header.write('BM', 'latin1');
  header.writeUInt32LE(pixelsAt + pixels.length, 2);
  header.writeUInt32LE(pixelsAt, 10);
  header.writeUInt32LE(headerLength, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(isTopDown ? -rows.length : rows.length, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(layout.compression ?? (masks.length > 0 ? 3 : 0), 30);
  header.writeUInt32LE(palette.length, 46);
  masks.forEach((mask, index) => {
    header.writeUInt32LE(mask, 54 + 4 * index);
  });
  return Buffer.concat([header, Buffer.from(palette.flat()), pixels]);
}
