import { textAt } from './bytes.js';

// So much may stand in front of the first element: editors write licences there, and some themselves.
const glance = 1024 * 1024;
const mostParts = 1_000;

const blanks = /\s*/y;

/**
 * XML whose first element is `svg`, behind a byte order mark, blanks, instructions and comments, or whose document type
 * says so. A page of HTML with one in it is not a picture.
 */
export function isSvg(bytes: Uint8Array): boolean {
  const text = asText(bytes);
  let at = 0;
  for (let count = 0; count < mostParts && at >= 0; count += 1) {
    blanks.lastIndex = at;
    blanks.test(text);
    at = blanks.lastIndex;
    if (text.startsWith('<?', at)) at = behind(text, '?>', at + 2);
    else if (text.startsWith('<!--', at)) at = behind(text, '-->', at + 4);
    else return /^<(!doctype\s+)?([a-z]+:)?svg[\s>/[]/i.test(text.slice(at, at + 100));
  }
  return false;
}

/** -1 when there is none. */
function behind(text: string, end: string, at: number): number {
  const found = text.indexOf(end, at);
  return found < 0 ? -1 : found + end.length;
}

/** A byte to a letter, which is enough for ASCII; UTF-16 is told by its mark. */
function asText(bytes: Uint8Array): string {
  const mark = textAt(bytes, 0, 3);
  if (mark === '\xef\xbb\xbf') return textAt(bytes, 3, glance);
  if (mark.startsWith('\xff\xfe')) return Buffer.from(utf16In(bytes)).toString('utf16le');
  if (mark.startsWith('\xfe\xff')) return Buffer.from(utf16In(bytes)).swap16().toString('utf16le');
  const maybeXml = mark.trimStart().startsWith('<') || mark.trim() === '';
  return maybeXml ? textAt(bytes, 0, glance) : '';
}

/** Whole pairs of bytes behind the mark. */
function utf16In(bytes: Uint8Array): Uint8Array {
  const length = Math.min(bytes.length, glance);
  return bytes.subarray(2, length - (length % 2));
}
