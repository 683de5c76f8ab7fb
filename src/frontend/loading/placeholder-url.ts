import { thumbHashToDataURL } from 'thumbhash';
import type { ImageRecord } from '../../types/index.js';

/** A ThumbHash has at least what its header takes. */
const shortest = 5;

/**
 * A `data:` URL of a blurred picture of at most 32 x 32 pixels, to show until the image is there; undefined when the record
 * carries no placeholder. It needs no frontend, and works in workers and on servers.
 *
 * @param record - one that was made with `{ placeholder: true }`
 *
 * @example
 * tile.style.backgroundImage = `url(${placeholderUrl(record) ?? ''})`;
 */
export function placeholderUrl(record: ImageRecord): string | undefined {
  const hash = hashOf(record);
  return hash && thumbHashToDataURL(hash);
}

/** The ThumbHash of a record that has one. */
export function hashOf({ placeholder = '' }: ImageRecord): Uint8Array | undefined {
  try {
    const hash = Uint8Array.from(atob(placeholder), (letter) => letter.charCodeAt(0));
    return hash.length >= shortest ? hash : undefined;
  } catch {
    return undefined; // no base64: a page without a placeholder is a page all the same
  }
}
