/** How large a browser shows the picture when nothing says otherwise, in pixels. Both fit in 32 bits. */
export interface ImageSize {
  width: number;
  height: number;
}

/** Readers of numbers, and of bytes as text. What lies behind the end reads as zeros. */
export const uint16 = (bytes: Uint8Array, at: number): number => (byte(bytes, at) << 8) | byte(bytes, at + 1);
export const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) * 0x1_00_00 + uint16(bytes, at + 2);
export const uint16LittleEndian = (bytes: Uint8Array, at: number): number =>
  byte(bytes, at) | (byte(bytes, at + 1) << 8);
export const uint24LittleEndian = (bytes: Uint8Array, at: number): number =>
  uint16LittleEndian(bytes, at) | (byte(bytes, at + 2) << 16);
export const uint32LittleEndian = (bytes: Uint8Array, at: number): number =>
  uint16LittleEndian(bytes, at) + uint16LittleEndian(bytes, at + 2) * 0x1_00_00;
/** The name of a chunk or a box, of which there may be very many: four times as fast as `textAt`. */
export const nameAt = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(byte(bytes, at), byte(bytes, at + 1), byte(bytes, at + 2), byte(bytes, at + 3));
export const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', at, at + length);

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
