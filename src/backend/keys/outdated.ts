import type { ImageStore, SealedKey } from '../../stores/port.js';

/**
 * Was a part that does not open sealed anew, replaced or removed since it was looked up? Whoever exchanges the master key
 * after a leak destroys the keys of before, also while somebody reads: then it is to be looked up again.
 */
export async function isOutdated(store: Pick<ImageStore, 'record'>, part: SealedKey): Promise<boolean> {
  const current = await store.record(part.id, part.variant);
  return !current || Buffer.compare(current.sealedKey, part.sealedKey) !== 0;
}
