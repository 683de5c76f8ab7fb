/** Bytes from one on, up to the one before another. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * What a `Range` header asks for. One that asks for several ranges, or for something else than bytes, may be ignored.
 *
 * @returns `none` when it begins behind the end
 */
export function rangeOf(header: string | undefined, length: number): ByteRange | 'whole' | 'none' {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') return Number(last) === 0 ? 'none' : { from: Math.max(0, length - Number(last)), to: length };
  const from = Number(first);
  if (last !== '' && Number(last) < from) return 'whole';
  if (from >= length) return 'none';
  return { from, to: last === '' ? length : Math.min(Number(last) + 1, length) };
}

/** Does an `If-None-Match` header name this tag? */
export function isNamedIn(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
