import { createHash } from 'node:crypto';
import type { ImageFormat } from '../../types/index.js';

// With an ending and the name of a variant far below the 255 bytes that file systems take.
const longestName = 100;

// Windows opens devices by these, whatever comes after a dot.
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * Where a part goes in an exported folder: `cats:tom` is `cats/tom.png`, its variant `cats/tom.thumb.webp`. The same for
 * the same id at any time, and no two are the same, also where capitals and small letters are: ids with capitals, long ones
 * and names of devices end in a piece of their SHA-256.
 */
export function fileNameFor(id: string, variant: string | undefined, format: ImageFormat): string {
  const colon = id.indexOf(':');
  const folder = colon > 0 ? `${safeName(id.slice(0, colon))}/` : '';
  const name = safeName(id.slice(colon + 1));
  return `${folder}${name}${variant === undefined ? '' : `.${safeName(variant)}`}.${format}`;
}

function safeName(name: string): string {
  if (name.length <= longestName && name === name.toLowerCase() && !deviceName.test(name)) return name;
  // "~" stands in no id, so that none looks like this.
  return `${name.slice(0, longestName)}~${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
