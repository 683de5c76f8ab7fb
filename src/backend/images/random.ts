import { randomFillSync } from 'node:crypto';
import { kindOf } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { RandomBytes } from './encryption.js';

// Asking the system for randomness costs the same for 4 KiB as for the 12 to 32 bytes that are needed at a time.
const poolLength = 4096;

/** Cryptographically secure bytes, drawn from the system in larger pieces. No byte is given out twice. */
export function createPooledRandom(): RandomBytes {
  const pool = new Uint8Array(poolLength);
  let used = poolLength;

  return (length) => {
    if (length > poolLength) return randomFillSync(new Uint8Array(length));
    if (used + length > poolLength) {
      randomFillSync(pool);
      used = 0;
    }
    const bytes = pool.slice(used, used + length);
    pool.fill(0, used, used + length); // keys are not left lying about
    used += length;
    return bytes;
  };
}

/**
 * A key that is too short, or that changes after it was used, loses or betrays a picture. So what the application's
 * function returns is checked, and copied: it may be a piece of memory that is used again.
 *
 * @returns a function that throws `CONFIG_INVALID` where the given one returns anything but so many bytes
 */
export function checkedRandomBytes(randomBytes: RandomBytes): RandomBytes {
  return (length) => {
    const bytes: unknown = randomBytes(length);
    if (bytes instanceof Uint8Array && bytes.length === length) return Uint8Array.from(bytes);
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The option "randomBytes" must be a function that returns as many bytes as it is asked for, as that of node:crypto does; asked for ${length} it returned ${bytes instanceof Uint8Array ? `${bytes.length}` : kindOf(bytes)}.`,
    );
  };
}
