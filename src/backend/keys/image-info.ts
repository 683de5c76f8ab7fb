import { formatFromByte, formatToByte } from '../../shared/protocol/formats.js';
import type { ImageFormat } from '../../types/index.js';

/** What is known of a picture. It is sealed with the picture's key: at rest, none of it is in the clear. */
export interface ImageInfo {
  format: ImageFormat;
  /** In pixels, as browsers show it. */
  width: number;
  height: number;
  /** Something to show while the picture loads. */
  placeholder?: Uint8Array | undefined;
}

// format 1 | width 4 | height 4 | fields: type 1, length 2, contents
const widthAt = 1;
const heightAt = 5;
const fieldsAt = 9;
const fieldHead = 3;
const placeholderField = 1;
const longestField = 2 ** 16 - 1;

/** Of pictures that were kept before such was. */
export const unknownInfo: Uint8Array = new Uint8Array(fieldsAt);

export function encodeInfo({ format, width, height, placeholder }: ImageInfo): Uint8Array {
  if (placeholder && placeholder.length > longestField)
    throw new RangeError('a placeholder has more than 65,535 bytes');
  const bytes = new Uint8Array(fieldsAt + (placeholder ? fieldHead + placeholder.length : 0));
  const view = new DataView(bytes.buffer);
  bytes[0] = formatToByte(format);
  view.setUint32(widthAt, width, true);
  view.setUint32(heightAt, height, true);
  if (placeholder) {
    bytes[fieldsAt] = placeholderField;
    view.setUint16(fieldsAt + 1, placeholder.length, true);
    bytes.set(placeholder, fieldsAt + fieldHead);
  }
  return bytes;
}

/** @returns null when it is not known, and for a format of a later pixstore; of its fields, those of today */
export function decodeInfo(bytes: Uint8Array): ImageInfo | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const format = formatFromByte(bytes[0]);
  if (!format || bytes.length < fieldsAt) return null;
  const info: ImageInfo = {
    format,
    width: view.getUint32(widthAt, true),
    height: view.getUint32(heightAt, true),
  };
  for (let at = fieldsAt; at + fieldHead <= bytes.length; ) {
    const contents = bytes.subarray(at + fieldHead, at + fieldHead + view.getUint16(at + 1, true));
    if (bytes[at] === placeholderField) info.placeholder = contents;
    at += fieldHead + contents.length;
  }
  return info;
}
