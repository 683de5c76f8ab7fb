import { resolve } from 'node:path';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise } from '../shared/maybe-promise.js';
import type { BackendOptions } from './config.js';
import { createImages, type Images, syncUnsupported } from './images/images.js';
import { createPooledRandom } from './images/random.js';
import { givenKeyring, type KeySources, keyringFromFile } from './keys/load-keyring.js';
import { mastersOf } from './keys/master-key.js';
import { wrappersOf } from './keys/master-key-wrapper.js';
import { createProofs, type Proofs } from './keys/proofs.js';
import { createStoreKeys, type StoreKeys } from './keys/store-keys.js';
import { openLocalStore } from './storage/local/local-store.js';
import type { ImageStore } from './storage/port.js';

// With validation off, records still carry a proof, so that clients see no difference.
const unusedWindowLength = 20_000;

/** What there is once a backend is open. */
export interface Opened {
  store: ImageStore;
  keys: StoreKeys;
  proofs: Proofs;
  images: Images;
  /** How long a proof lives at most, in ms. */
  proofLifetime: number;
}

/**
 * Opens a backend when it is needed: its store, and the keys of that. What fails is tried again the next time.
 *
 * ```text
 *            store()            get()                      close()
 *   closed ──────────► store ──────────► opening ──► open ─────────► closed for good
 *                        ▲                  │ fails
 *                        └──────────────────┘
 * ```
 */
export type Opening = ReturnType<typeof createOpening>;

/** @throws PixstoreError `MASTER_KEY_INVALID`, `MASTER_KEY_REQUIRED` */
export function createOpening(options: BackendOptions) {
  const { now, randomBytes = createPooledRandom(), imageFormats, logger } = options;
  const keySources: KeySources = {
    masterKey: options.masterKey,
    environment: process.env.PIXSTORE_MASTER_KEY,
    mayHaveFile: options.store === undefined,
  };
  const keyring = givenKeyring(keySources);
  const windowLength = options.statelessKeyWindowLength === -1 ? unusedWindowLength : options.statelessKeyWindowLength;
  const proofLifetime = 2 * windowLength;
  // As they are now: the program may change its working directory before it needs them.
  const [databasePath, imageRootDir] = [resolve(options.databasePath), resolve(options.imageRootDir)];
  let openStore: ImageStore | undefined;
  let opened: Opened | undefined;
  let opening: Promise<Opened> | undefined;

  function store(): ImageStore {
    openStore ??= options.store ?? openLocalStore({ ...options, databasePath, imageRootDir });
    return openStore;
  }

  function open(): MaybePromise<Opened> {
    const images = store();
    const found =
      keyring ??
      keyringFromFile({
        path: `${databasePath}.key`,
        storeHasKeys: hasKeys(images),
        mayMake: options.keyFile === 'create',
        announce: (message) => logger.info(message),
      });
    const keys = createStoreKeys({
      ...{ store: images, proofLifetime, now, randomBytes },
      wrappers: wrappersOf(found, randomBytes),
      masters: mastersOf(found),
      onLost: (error) => logger.error(`[pixstore] the keys of the store have changed, and do not open: ${error}`),
    });
    const proofs = createProofs(keys.proofKeys, windowLength, now);
    return andThen(keys.open(), () => {
      opened = {
        ...{ store: images, keys, proofs, proofLifetime },
        images: createImages({ store: images, keys, proofs, imageFormats, now, randomBytes }),
      };
      return opened;
    });
  }

  function get(): MaybePromise<Opened> {
    if (opened) return opened;
    if (opening) return opening;
    const result = open();
    if (!(result instanceof Promise)) return result;
    opening = result.finally(() => {
      opening = undefined;
    });
    return opening;
  }

  return {
    /** The store, opened. @throws what keeps it from being opened */
    store,

    /** All of it, opened. @throws what keeps it from being opened */
    get,

    /**
     * The same for who cannot wait.
     *
     * @throws PixstoreError `BACKEND_NOT_OPEN` when it takes time, `SYNC_UNSUPPORTED` when it always will
     */
    getNow(): Opened {
      const result = get();
      if (!(result instanceof Promise)) return result;
      result.catch(() => {}); // told to who waits for it
      throw store().supports.syncRecords ? notOpen() : syncUnsupported();
    },

    /** Nothing is open afterwards. */
    async close(): Promise<void> {
      await opening?.catch(() => {});
      await openStore?.close();
    },
  };
}

/** Of the local store, which answers at once: losing its master key must not go unnoticed. */
function hasKeys(store: ImageStore): boolean {
  const sealedBefore = store.masterKeyIds?.() ?? [];
  return store.keyRing() !== null || !(Array.isArray(sealedBefore) && sealedBefore.length === 0);
}

function notOpen(): PixstoreError {
  return new PixstoreError(
    'BACKEND_NOT_OPEN',
    'The keys of this backend come from a key wrapper that takes its time, and are not there yet. Await open(), once, before calls that are synchronous.',
  );
}
