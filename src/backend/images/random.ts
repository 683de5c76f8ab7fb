import { randomFillSync } from 'node:crypto';
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
