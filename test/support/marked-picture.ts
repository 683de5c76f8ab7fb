import { randomBytes } from 'node:crypto';
import { smallPicture, withMorePixels } from './small-picture.js';

/** Every so many bytes of a marked picture stands its mark: so much of it as is on a disk, it can be found. */
export const markedBlock = 64;

/** A picture with so many bytes of noise that is known again by its mark of 16 bytes, in whatever piece of it. */
export function markedPicture(mark: Buffer, size: number): Buffer {
  const noise = randomBytes(size);
  for (let at = 0; at < size; at += markedBlock) mark.copy(noise, at);
  return withMorePixels(smallPicture(), noise);
}
