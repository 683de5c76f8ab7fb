import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageStore, KeyRing } from '../../stores/port.js';
import { newStoreId } from '../keys/followed-ring.js';
import { encodeKeyRing, type KeyList, readKeyRing, type WrappedKey } from '../keys/key-ring.js';
import type { KeyWrapper } from '../keys/key-wrapper.js';
import { newKey } from '../keys/new-keys.js';

export interface CopyRingOptions {
  /** The store that is filled. */
  store: ImageStore;
  /** The id of the store that it is filled from. */
  storeId: string;
  /** The keys of that store, wrapped. */
  sourceKeys: KeyList;
  /** Wraps what is new. */
  wrapper: KeyWrapper;
  /** Should proofs of the one be good for the other? */
  keepProofs: boolean;
  now(): number;
  randomBytes(length: number): Uint8Array;
}

/**
 * The key ring of a store that is being filled. It has what opens the images, keys of its own for proofs, and says, until
 * it is whole, that it is not: no backend opens it.
 *
 * ```text
 *   (new) ── begin ──► being filled ── finish ──► a store as any other
 *                        ▲      │ ended early
 *                        └──────┘ begin
 * ```
 */
export type CopyRing = ReturnType<typeof createCopyRing>;

export function createCopyRing({ store, storeId, sourceKeys, wrapper, now, randomBytes, keepProofs }: CopyRingOptions) {
  const opening = sourceKeys.filter(({ purpose }) => purpose !== 'proof');
  const mainKey = (keys: KeyList) => keys.find(({ purpose }) => purpose === 'store')?.id;

  async function stored(): Promise<KeyRing | null> {
    return store.keyRing();
  }

  async function replace(ring: KeyRing | null, keys: KeyList, isWhole: boolean, id: string): Promise<void> {
    const bytes = encodeKeyRing(keys, { store: id, ...(!isWhole && { copying: storeId }) });
    if (!(await store.putKeyRing(bytes, ring?.version ?? 0))) throw notAlone();
  }

  async function firstKeys(): Promise<KeyList> {
    if (keepProofs) return sourceKeys;
    return [...opening, await newKey('proof', { wrapper, now: now(), randomBytes })];
  }

  /** As they are wrapped now: by another master key, maybe, than when the copy began. */
  function renewed(keys: KeyList): KeyList {
    const sameIn = (list: KeyList, { purpose, id }: WrappedKey) =>
      list.find((each) => each.id === id && each.purpose === purpose);
    return keys.map((key) => sameIn(sourceKeys, key) ?? key);
  }

  return {
    /**
     * @returns whether it was begun before
     * @throws PixstoreError `COPY_REFUSED` when the store holds something else
     */
    async begin(): Promise<boolean> {
      const ring = await stored();
      if (!ring) {
        if ((await store.usage()).images > 0 || (await store.lastRemovedToken()) > 0) throw notNew();
        await replace(ring, await firstKeys(), false, newStoreId(randomBytes));
        return false;
      }
      const { keys, owner } = readKeyRing(ring.bytes);
      if (owner.copying === undefined) throw notNew();
      if (owner.copying !== storeId) throw ofAnother();
      if (mainKey(keys) !== mainKey(sourceKeys)) throw exchanged();
      await replace(ring, renewed(keys), false, owner.store ?? newStoreId(randomBytes));
      return true;
    },

    /** What is to be given with a new folder key. */
    version: async (): Promise<number> => (await stored())?.version ?? 0,

    /** From now on the store can be opened as any other. */
    async finish(): Promise<void> {
      const ring = await stored();
      if (!ring) throw notAlone();
      const { keys, owner } = readKeyRing(ring.bytes);
      await replace(ring, keys, true, owner.store ?? newStoreId(randomBytes));
    },
  };
}

function notNew(): PixstoreError {
  return new PixstoreError(
    'COPY_REFUSED',
    'The store that is to be filled is not a new one: it has images, had some, or has keys of its own. Nothing was changed. Name a new store.',
  );
}

function ofAnother(): PixstoreError {
  return new PixstoreError(
    'COPY_REFUSED',
    'The store that is to be filled was begun to be filled from another store. Nothing was changed. Name a new store.',
  );
}

function exchanged(): PixstoreError {
  return new PixstoreError(
    'COPY_REFUSED',
    'The keys of the store were exchanged after a leak of the master key since this copy was begun: it would bring those of before along. Begin again, with a new store.',
  );
}

function notAlone(): PixstoreError {
  return new PixstoreError(
    'COPY_FAILED',
    'Somebody else has exchanged the keys of the store that is being filled. Nobody else may use it until it is whole.',
  );
}
