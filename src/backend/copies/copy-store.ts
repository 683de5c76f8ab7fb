import type { ImageStore } from '../../stores/port.js';
import { createThrottle } from '../images/rate.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { createCopyRing } from './copy-ring.js';
import { type CopyProgress, copyImages } from './copying.js';
import { createLiveSource } from './live-source.js';
import { createOpenedKeys } from './opened-keys.js';
import { invalid, readFlag, readWorkOptions, type WorkOptions } from './options.js';

export interface CopyOptions extends WorkOptions {
  /**
   * Should the copy be whole at the end, and be opened from then on? With `false` it stays shut, and the next call goes on: so
   * all but what was changed lately is copied while everything goes on, and the last call is a short one. Default: true.
   */
  finish?: boolean;
  /**
   * What is read back and decrypted: `all`, also what a call before had copied, or only what is `copied` by this one. Default:
   * `all`.
   */
  verify?: 'all' | 'copied';
  /**
   * Should proofs that the one store makes be good for the other? With `false` the copy makes and takes proofs of its own.
   * Default: false.
   */
  keepProofs?: boolean;
}

/** A store with its keys. */
export interface OpenedStore {
  store: ImageStore;
  keys: StoreKeys;
}

// A walk after which nothing was changed is the last one. With a store that is written all the time none is.
const mostPasses = 5;

const caller = 'copyStore';

/** @throws PixstoreError `CONFIG_INVALID` */
export function readCopyOptions(given: unknown) {
  const options = readWorkOptions(given, ['finish', 'verify', 'keepProofs'], caller);
  const { verify = 'all' } = options;
  if (verify !== 'all' && verify !== 'copied') throw invalid(caller, 'verify', 'must be "all" or "copied"');
  return {
    ...options,
    verify,
    finish: readFlag(options.finish, true, caller, 'finish'),
    keepProofs: readFlag(options.keepProofs, false, caller, 'keepProofs'),
  };
}

/** Copies a store into a new one, while it goes on being used. */
export async function* copyStore(
  { store, keys }: OpenedStore,
  target: ImageStore,
  { signal, rate, finish, verify, keepProofs }: ReturnType<typeof readCopyOptions>,
): AsyncGenerator<CopyProgress, void, void> {
  if (target === store) throw invalid(caller, 'to', 'is the store that is copied; it must be another one');
  const { now, wrapper, randomBytes } = keys.begin();
  const storeId = await keys.storeId();
  const ring = await keys.ring();
  const source = createLiveSource({ store, storeId, keys: createOpenedKeys(ring.set, randomBytes) });
  yield* copyImages({
    source,
    store: target,
    ring: createCopyRing({
      store: target,
      storeId,
      sourceKeys: ring.keys.map(({ wrapped }) => wrapped),
      wrapper,
      keepProofs,
      now: () => now,
      randomBytes,
    }),
    throttle: createThrottle({ rate, signal }),
    signal,
    finish,
    verifyAll: verify === 'all',
    mostPasses,
    randomBytes,
  });
}
