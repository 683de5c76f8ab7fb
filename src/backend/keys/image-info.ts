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
  /** Of a variant: a word for how it was made. */
  definition?: string | undefined;
}

// format 1 | width 4 | height 4 | fields: type 1, length 2, contents
const widthAt = 1;
const heightAt = 5;
const fieldsAt = 9;
const fieldHead = 3;
const placeholderField = 1;
const definitionField = 2;
const longestField = 2 ** 16 - 1;

/** Of pictures that were kept before such was, or that do not tell. */
export const unknownInfo: Uint8Array = new Uint8Array(fieldsAt);

/** @param info - null: nothing is known of the picture */
export function encodeInfo(info: ImageInfo | null): Uint8Array {
  if (!info) return unknownInfo;
  const { format, width, height, placeholder, definition } = info;
  const fields: [type: number, contents: Uint8Array][] = [];
  if (placeholder) fields.push([placeholderField, placeholder]);
  if (definition !== undefined) fields.push([definitionField, Buffer.from(definition)]);
  const bytes = new Uint8Array(fields.reduce((length, [, contents]) => length + fieldHead + contents.length, fieldsAt));
  const view = new DataView(bytes.buffer);
  bytes[0] = formatToByte(format);
  view.setUint32(widthAt, width, true);
  view.setUint32(heightAt, height, true);
  let at = fieldsAt;
  for (const [type, contents] of fields) {
    if (contents.length > longestField) throw new RangeError('what is known of a picture has more than 65,535 bytes');
    bytes[at] = type;
    view.setUint16(at + 1, contents.length, true);
    bytes.set(contents, at + fieldHead);
    at += fieldHead + contents.length;
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
    if (bytes[at] === definitionField) info.definition = Buffer.from(contents).toString();
    at += fieldHead + contents.length;
  }
  return info;
}
