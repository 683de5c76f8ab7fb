import { setImmediate as nextTurn } from 'node:timers/promises';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { type FolderKey, type ImageStore, isSameRing, type KeyRing } from '../../stores/port.js';
import { wrappingKeyOf } from './folder-key.js';
import { encodeKeyRing, type KeyList, type RingOwner, readKeyRing } from './key-ring.js';
import { type KeySet, keepKnown, keySetOfMasters, type OpenedRing, openKeyRing, requireKeys } from './key-set.js';
import type { KeyWrapper } from './key-wrapper.js';
import type { MasterKey } from './master-key.js';
import { type Begin, firstProofKeys, newKey, sealingKeys } from './new-keys.js';

export interface FollowedRingOptions {
  store: ImageStore;
  /** The first one wraps what is new, all unwrap. */
  wrappers: readonly [KeyWrapper, ...KeyWrapper[]];
  /** Those of the wrappers that are master keys. */
  masters: readonly MasterKey[];
  /** How long a proof lives at most, in ms. */
  proofLifetime: number;
  now(): number;
  randomBytes(length: number): Uint8Array;
  /** Told, once, when another process has changed the keys to such as do not open here. */
  onLost(error: unknown): void;
  /** Told when another key ring is in use. */
  onOpened(): void;
}

// How often a store that answers later is asked whether another process has changed the keys, and how often keys that did
// not open are tried again, in ms.
const pollInterval = 1_000;
const retryInterval = 1_000;

// Keys of folders that are looked at to see whether the ring is theirs. One may be damaged, not all.
const seenAtMost = 16;

/** A key ring that is stored, and not used here. */
interface Lost {
  version: number | undefined;
  /** When it was tried, in ms since 1970. */
  at: number;
  error: unknown;
  /** It is older than the one that is known, or another one in its place. */
  isPutBack: boolean;
}

/**
 * The key ring of a store, opened, and followed as other processes exchange it.
 *
 * ```text
 *             open                another one is stored                 it opens
 *   (none) ─────────► in use ────────────────────────────► opening ─────────────────► in use
 *                       ▲                                     │ it does not, or could not follow this one
 *                       └──────── the right one is back ──── lost: what is known goes on, nothing new is sealed
 * ```
 */
export type FollowedRing = ReturnType<typeof createFollowedRing>;

export function createFollowedRing(options: FollowedRingOptions) {
  const { store, wrappers, masters, now, randomBytes } = options;
  /** The key ring that is opened; undefined before the first one is. */
  let current: KeyRing | null | undefined;
  let opened: OpenedRing = { keys: [], set: keySetOfMasters(masters) };
  /** What is stored instead of it, and does not open here, or is none that could follow it. */
  let lost: Lost | undefined;
  /** The key ring that keys of folders are known to be wrapped by. */
  let fitting: KeyRing | null | undefined;
  let opening: Promise<unknown> | undefined;
  let lastAsked = Number.NEGATIVE_INFINITY;

  /** @throws PixstoreError as `openKeyRing`, and when nothing that the store was sealed with is at hand */
  function open(ring: KeyRing | null): MaybePromise<unknown> {
    const next = ring ? openKeyRing(ring, wrappers, opened.keys) : andThen(requireMasters(), () => opened);
    return andThen(next, (ringOpened) => {
      // Of two that were opened at the same time, the later one counts.
      if (ring && ring.version < opened.set.version) return;
      current = ring;
      opened = ringOpened;
      lost = undefined;
      options.onOpened();
    });
  }

  /** Is this the ring that is opened, read again? */
  const isCurrent = (ring: KeyRing | null): boolean => isSameRing(ring, current ?? null);

  function requireMasters(): MaybePromise<void> {
    const atHand = masters.map(({ id }) => id);
    return andThen(store.masterKeyIds?.() ?? [], (ids) => requireKeys(ids, atHand));
  }

  /** Opens a later key ring, by another process, while what is known goes on. */
  function follow(ring: KeyRing | null): void {
    if (ring === current || opening) return;
    const isLater = (ring?.version ?? 0) > opened.set.version;
    const isBack = !isLater && isCurrent(ring);
    if (isBack && !lost) return;
    if (lost && lost.version === ring?.version && Math.abs(now() - lost.at) < retryInterval) return;
    const fail = (error: unknown) => lose(ring, error);
    const done = isLater || isBack ? recover(() => open(ring), fail) : doubt();
    if (!(done instanceof Promise)) return;
    opening = done.finally(() => {
      opening = undefined;
    });
  }

  function lose(ring: KeyRing | null, error: unknown, isPutBack = false): void {
    if (!lost || lost.version !== ring?.version) options.onLost(error);
    lost = { version: ring?.version, at: now(), error, isPutBack };
    if (ring && !isPutBack && !isDamaged(error)) opened = keepKnown(ring, opened); // what has ended there ends here as well
  }

  /** An answer that is older than what is known may only have been long on its way. */
  function doubt(): MaybePromise<void> {
    return andThen(store.keyRing(), (ring) => {
      if ((ring?.version ?? 0) <= opened.set.version && !isCurrent(ring)) lose(ring, putBack(), true);
    });
  }

  /** What is known; on its way to be what is true, where that takes time. */
  function known(): KeySet {
    if (store.supports.syncRecords) follow(store.keyRing() as KeyRing | null);
    else if (Math.abs(now() - lastAsked) >= pollInterval) Promise.resolve(fresh()).catch(options.onLost);
    return opened.set;
  }

  /** What is true, or the latest that opens here. */
  function fresh(): MaybePromise<KeySet> {
    lastAsked = now();
    return andThen(store.keyRing(), (ring) => {
      follow(ring);
      return andThen(opening, () => opened.set);
    });
  }

  /** What new images are sealed by. @throws what keeps the store's key ring from being opened */
  function usable(): MaybePromise<KeySet> {
    return andThen(fresh(), (set) => {
      if (lost) throw lost.error;
      if (fitting !== undefined && fitting === current) return set;
      return requireFit(set).then((fit) => (fit.version > 0 ? fit : make()));
    });
  }

  /**
   * A key ring that is gone, or was exchanged for another one, opens none of the keys of folders. Nothing must be sealed
   * under it: with the right one put back, that would be lost.
   */
  async function requireFit(set: KeySet): Promise<KeySet> {
    for (let asked = set; ; ) {
      const ring = current;
      if (await opensAny(asked)) {
        if (ring) fitting = ring;
        return asked;
      }
      const again = await inAnotherTurn();
      if (again.version === asked.version) throw putBack();
      asked = again;
    }
  }

  /** What is true after the keys of folders were read: a key ring may be told as of the beginning of a turn of the loop. */
  async function inAnotherTurn(): Promise<KeySet> {
    await nextTurn();
    const set = await fresh();
    if (lost) throw lost.error;
    return set;
  }

  /** Does it open any of the keys of folders, as far as there are some? */
  async function opensAny({ storeKeys }: KeySet): Promise<boolean> {
    let seen = 0;
    for await (const page of store.folderKeys()) {
      const looked = page.slice(0, seenAtMost - seen);
      if (looked.some((key) => !isForeign(key, { storeKeys }))) return true;
      seen += looked.length;
      if (seen === seenAtMost) break;
    }
    return seen === 0;
  }

  const owner = (): RingOwner => (current ? readKeyRing(current.bytes).owner : {});

  const beginning = (): Begin => ({ wrapper: wrappers[0], now: now(), randomBytes });

  /** Gives the store its first key ring, unless another process is faster. */
  async function make(): Promise<KeySet> {
    const sealedBefore = (await store.masterKeyIds?.()) ?? [];
    const begin = beginning();
    const sealed = masters.filter(({ id }) => sealedBefore.includes(id));
    const keys = [
      await newKey('store', begin),
      ...(await firstProofKeys(sealed.length > 0 ? masters : [], options.proofLifetime, begin)),
      ...(await sealingKeys(sealed, begin)),
    ];
    await store.putKeyRing(encodeKeyRing(keys, { store: newStoreId(randomBytes) }), 0);
    await open(await store.keyRing());
    return opened.set;
  }

  return {
    /**
     * To be called first. A wrapper of the application's is asked even when the store is new, so that one that does not
     * work is known before anything is saved.
     *
     * @throws PixstoreError `MASTER_KEY_MISMATCH`, `SEALED_KEY_INVALID`, `KEY_WRAPPER_FAILED` or `KEY_WRAPPER_TIMEOUT`
     */
    open: (): MaybePromise<unknown> =>
      andThen(andThen(store.keyRing(), open), () => {
        const isMaster = masters.some(({ id }) => id === wrappers[0].id);
        return isMaster || opened.set.version > 0 ? undefined : make();
      }),

    /** The one in use. */
    opened: (): OpenedRing => opened,

    known,
    fresh,
    usable,
    inAnotherTurn,

    /** Which store it is. */
    owner,

    /** @returns false when another one is stored than that with this version */
    async replace(list: KeyList, version: number): Promise<boolean> {
      const { store: id = newStoreId(randomBytes) } = owner();
      if (!(await store.putKeyRing(encodeKeyRing(list, { store: id }), version))) return false;
      await open(await store.keyRing());
      return true;
    },

    /** Why the one that is stored is not in use; undefined when it is. */
    trouble: (): unknown => lost?.error,

    /** @throws PixstoreError `SEALED_KEY_INVALID` when it is older than the one in use, or another one in its place */
    requireInPlace(): void {
      if (lost?.isPutBack) throw lost.error;
    },

    /** What new keys of it are made with. */
    begin: beginning,

    /** After so many ms every process knows of another one. */
    noticedAfter: store.supports.syncRecords ? 0 : 2 * pollInterval,
  };
}

/** Was it wrapped by a key that is not in the ring? Nobody else may follow it: what it sealed would be given up. */
export function isForeign({ wrapped }: FolderKey, { storeKeys }: Pick<KeySet, 'storeKeys'>): boolean {
  return wrapped !== null && !storeKeys.some(({ id }) => id === wrappingKeyOf(wrapped));
}

/** 32 hex digits. */
export function newStoreId(randomBytes: (length: number) => Uint8Array): string {
  return Buffer.from(randomBytes(16)).toString('hex');
}

/** Is it the key ring itself that cannot be read? */
function isDamaged(error: unknown): boolean {
  return error instanceof PixstoreError && error.code === 'SEALED_KEY_INVALID';
}

export function putBack(): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'What the store keeps its own keys in was put back from an older copy, or exchanged: it does not open the keys of folders. Nothing is sealed until it is restored, with the rest of the database, from one backup.',
  );
}
