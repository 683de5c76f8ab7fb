import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise } from '../shared/maybe-promise.js';
import type { ImageStore } from '../stores/port.js';
import { checkedProcessing } from './images/checked-processing.js';
import { type Checking, createChecking } from './images/checking.js';
import type { RandomBytes } from './images/encryption.js';
import { createImages, type Images, syncUnsupported } from './images/images.js';
import type { IntakeOptions } from './images/intake.js';
import { createPartMaker } from './images/new-parts.js';
import { createPartSealer } from './images/part-sealer.js';
import type { ImageProcessing } from './images/processing-port.js';
import { createPooledRandom } from './images/random.js';
import { createReading, type Reading } from './images/reading.js';
import { createRebuilding, type Rebuilding } from './images/rebuilding.js';
import { createReencryption, type Reencryption } from './images/reencryption.js';
import { type MasterKeys, mastersOf } from './keys/master-key.js';
import { wrappersOf } from './keys/master-key-wrapper.js';
import { createProofs, type Proofs } from './keys/proofs.js';
import { createStoreKeys, type StoreKeys } from './keys/store-keys.js';
import { createMoving, type Moving } from './moving/moving.js';

export interface OpeningOptions extends IntakeOptions {
  /** Opens the store; asked again when that failed. */
  openStore(): ImageStore;
  /** The keys that open it, asked for once it is open. */
  masterKeysFor(store: ImageStore): MasterKeys;
  /** Those that are there: none is made. @throws PixstoreError `MASTER_KEY_MISSING` */
  masterKeysAtHand(): MasterKeys;
  /** Makes variants and placeholders; null makes none. */
  processing: ImageProcessing | null;
  /** Of a proof's life, in ms. */
  windowLength: number;
  /** ms since 1970. */
  now(): number;
  randomBytes?: RandomBytes;
  maxImageBytes: number;
  /** Runs work with so many bytes once there is room for them. */
  admit<Result>(size: number, work: () => Promise<Result>): Promise<Result>;
  /** Told, once, when another process has changed the keys to such as do not open here. */
  onKeysLost(error: unknown): void;
}

/** What there is once an engine is open. */
export interface Opened {
  store: ImageStore;
  keys: StoreKeys;
  proofs: Proofs;
  images: Images;
  reading: Reading;
  rebuilding: Rebuilding;
  checking: Checking;
  reencryption: Reencryption;
  /** Ids of the master keys and key wrappers at hand, the first one first. */
  masterKeyIds: readonly string[];
  moving: Moving;
  /** How long a proof lives at most, in ms. */
  proofLifetime: number;
}

/**
 * Opens an engine when it is needed: its store, and the keys of that. What fails is tried again the next time.
 *
 * ```text
 *            store()            get()                      close()
 *   closed ──────────► store ──────────► opening ──► open ─────────► closed for good
 *                        ▲                  │ fails
 *                        └──────────────────┘
 * ```
 */
export type Opening = ReturnType<typeof createOpening>;

export function createOpening(options: OpeningOptions) {
  const { windowLength, now, randomBytes = createPooledRandom() } = options;
  const proofLifetime = 2 * windowLength;
  const processing = options.processing && checkedProcessing(options.processing);
  const partMaker = createPartMaker({ ...options, processing, randomBytes });
  let openedStore: ImageStore | undefined;
  let isClosed = false;
  let opened: Opened | undefined;
  let opening: Promise<Opened> | undefined;

  function store(): ImageStore {
    if (openedStore) return openedStore;
    // Nobody would close it: a request may come through a server of the application's that still runs.
    if (isClosed) throw backendClosed();
    openedStore = options.openStore();
    return openedStore;
  }

  function open(): MaybePromise<Opened> {
    const images = store();
    const masterKeys = options.masterKeysFor(images);
    const keys = createStoreKeys({
      ...{ store: images, proofLifetime, now, randomBytes },
      wrappers: wrappersOf(masterKeys, randomBytes),
      masters: mastersOf(masterKeys),
      onLost: options.onKeysLost,
    });
    const proofs = createProofs(keys.proofKeys, windowLength, now);
    const reading = createReading({ store: images, keys });
    const sealParts = createPartSealer({ keys, randomBytes });
    const { admit } = options;
    return andThen(keys.open(), () => {
      const own = createImages({ store: images, keys, proofs, partMaker, sealParts, now, randomBytes });
      opened = {
        ...{ store: images, keys, proofs, proofLifetime },
        images: own,
        reading,
        rebuilding: createRebuilding({
          store: images,
          keys,
          reading,
          partMaker,
          sealParts,
          processing,
          now,
          randomBytes,
        }),
        checking: createChecking({ store: images, keys }),
        reencryption: createReencryption({ store: images, keys, reading, sealParts, now, randomBytes }),
        masterKeyIds: masterKeys.map(({ id }) => id),
        moving: createMoving({
          ...{ store: images, images: own, reading, partMaker, sealParts, intake: options, now, randomBytes, admit },
        }),
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

    /** What opens the keys of a backup; no store is opened for it. @throws PixstoreError `MASTER_KEY_MISSING` */
    unlocking: () => ({ wrappers: wrappersOf(options.masterKeysAtHand(), randomBytes), now, randomBytes }),

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

    /** Nothing is open afterwards, nor will be. */
    async close(): Promise<void> {
      isClosed = true;
      await opening?.catch(() => {});
      await openedStore?.close();
    },
  };
}

export function backendClosed(): PixstoreError {
  return new PixstoreError('BACKEND_CLOSED', 'This backend was closed. Make a new one to go on.');
}

function notOpen(): PixstoreError {
  return new PixstoreError(
    'BACKEND_NOT_OPEN',
    'The keys of this backend come from a key wrapper that takes its time, and are not there yet. Await open(), once, before calls that are synchronous.',
  );
}
