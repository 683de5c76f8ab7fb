import { createByteLru } from '../../shared/byte-lru.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { folderOf } from '../../shared/protocol/image-id.js';
import { keyLength } from '../../shared/protocol/layout.js';
import type { FolderKey, PartRecord, SealedKey } from '../../stores/port.js';
import { unwrapFolderKey, wrapFolderKey, wrappingKeyOf } from './folder-key.js';
import { createFollowedRing, type FollowedRingOptions, isForeign, putBack } from './followed-ring.js';
import type { KeySet, OpenedRing } from './key-set.js';
import type { ProofKey } from './proofs.js';
import { type ImageKey, type OpenFolderKey, type OpeningKeys, openSealed, sealContents, unsealKey } from './sealing.js';

export type StoreKeysOptions = Omit<FollowedRingOptions, 'onOpened'>;

// Far below what AES-GCM allows for random IVs: 2^32.
const mostSealed = 2 ** 31;

// Folders whose keys are kept as they are used: about 16,000.
const keptBytes = 8 * 1024 * 1024;
const keyBytes = 512;

const mostTries = 1_000;

/**
 * The keys of a store: its key ring, opened, and the keys of its folders.
 *
 * ```text
 * master key or KeyWrapper ── wraps ──► store key, proof keys (the key ring)
 *                                        └─ wraps ──► folder keys ── seal ──► image keys
 * ```
 */
export type StoreKeys = ReturnType<typeof createStoreKeys>;

export function createStoreKeys(options: StoreKeysOptions) {
  const { store, randomBytes } = options;
  const folderKeys = createByteLru<{ wrapped: Uint8Array; key: OpenFolderKey }>(keptBytes, () => keyBytes);
  const beingAdded = new Map<string, Promise<unknown>>();
  // Keys of folders may be wrapped by keys that are no more.
  const ring = createFollowedRing({ ...options, onOpened: folderKeys.clear });

  // A store that answers at once is asked for its keys whenever they are used, and a master key opens them at once.
  const mayTakeTime = !store.supports.syncRecords || options.wrappers.length > options.masters.length;

  /** @returns null when it was wrapped by a key of the store that is not known */
  function openFolderKey({ folder, generation, wrapped }: FolderKey, { storeKeys }: KeySet): OpenFolderKey | null {
    if (!wrapped) return null;
    const name = `${folder}:${generation}`;
    const kept = folderKeys.get(name);
    if (kept && (kept.wrapped === wrapped || Buffer.compare(kept.wrapped, wrapped) === 0)) return kept.key;
    const id = wrappingKeyOf(wrapped);
    const storeKey = storeKeys.find((each) => each.id === id);
    if (!storeKey) return null;
    const key = { generation, key: unwrapFolderKey(wrapped, { folder, generation }, storeKey) };
    folderKeys.put(name, { wrapped, key });
    return key;
  }

  /** May new images be sealed with it? */
  function isFit({ wrapped, sealed }: FolderKey, { storeKeys }: KeySet): boolean {
    return wrapped !== null && sealed < mostSealed && wrappingKeyOf(wrapped) === storeKeys[0]?.id;
  }

  async function addFolderKey(folder: string, generation: number, { version, storeKeys }: KeySet): Promise<void> {
    const [storeKey] = storeKeys;
    if (!storeKey) throw changedAlways();
    const wrapped = wrapFolderKey(randomBytes(keyLength), { folder, generation }, storeKey, randomBytes);
    await store.addFolderKey({ folder, generation, wrapped }, version);
  }

  /** Of many who ask at once, one adds a key for all. */
  function added(folder: string, generation: number, set: KeySet): Promise<unknown> {
    const adding =
      beingAdded.get(folder) ??
      addFolderKey(folder, generation, set).finally(() => {
        beingAdded.delete(folder);
      });
    beingAdded.set(folder, adding);
    return adding;
  }

  async function untilAdded(folder: string): Promise<OpenFolderKey> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const set = await ring.usable();
      const found = await store.folderKey(folder);
      const key = found && isFit(found, set) && openFolderKey(found, set);
      if (key) return key;
      if (found && isForeign(found, set)) {
        if ((await ring.inAnotherTurn()).version === set.version) throw putBack();
      } else await added(folder, (found?.generation ?? 0) + 1, set);
    }
    throw changedAlways();
  }

  return {
    open: ring.open,

    /**
     * The key ring that is stored, made when there is none; to be exchanged as a whole by {@link replaceRing}.
     *
     * @throws what keeps it from being opened
     */
    async ring(): Promise<OpenedRing> {
      await ring.usable();
      return ring.opened();
    },

    replaceRing: ring.replace,

    /** Which store this is: 32 hex digits, that no copy of it has. A ring of before gets one. */
    async storeId(): Promise<string> {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const { version } = await ring.usable();
        const { store: id } = ring.owner();
        if (id !== undefined) return id;
        await ring.replace(
          ring.opened().keys.map(({ wrapped }) => wrapped),
          version,
        );
      }
      throw changedAlways();
    },

    /** Why the keys that the store has by now do not open here; undefined when they do. */
    trouble(): unknown {
      ring.known();
      return ring.trouble();
    },

    begin: ring.begin,
    noticedAfter: ring.noticedAfter,

    /** Those of the key ring that makes and checks proofs, the latest first. */
    proofKeys: (): readonly ProofKey[] => ring.known().proofKeys,

    /** What new keys of a folder's images are sealed with; made when there is none. */
    folderKey(folder: string): MaybePromise<OpenFolderKey> {
      const set = ring.known();
      ring.requireInPlace();
      const found = set.version > 0 && store.supports.syncRecords ? store.folderKey(folder) : null;
      if (found && !(found instanceof Promise) && isFit(found, set)) {
        const key = openFolderKey(found, set);
        if (key) return key;
      }
      return untilAdded(folder);
    },

    /**
     * To be waited for before parts are opened, where that is possible: one may be sealed with keys that another process has
     * exchanged a moment ago, and that are still on their way here.
     */
    ready(parts: readonly (PartRecord | null)[]): MaybePromise<unknown> {
      if (!mayTakeTime) return undefined;
      const { storeKeys } = ring.opened().set;
      const isUnknown = parts.some((part) => part?.folderKey && isForeign(part.folderKey, { storeKeys }));
      return isUnknown ? recover<unknown>(ring.fresh, () => undefined) : undefined;
    },

    /**
     * What opens and describes a part.
     *
     * @throws PixstoreError `SEALED_KEY_INVALID` when it was changed or moved, `MASTER_KEY_MISMATCH` when another process
     * has changed the keys to such as do not open here
     */
    unseal: (part: SealedKey): ImageKey => unsealKey(part.sealedKey, part, keysFor(part)),

    /** Seals the same with another key of its folder. @throws as `unseal` */
    reseal: (part: SealedKey, folderKey: OpenFolderKey): Uint8Array =>
      sealContents(openSealed(part.sealedKey, part, keysFor(part)), part, folderKey, randomBytes),
  };

  function keysFor({ id, folderKey }: SealedKey): OpeningKeys {
    return {
      folderKey() {
        if (folderKey?.folder !== folderOf(id)) throw notOurs();
        const key = openFolderKey(folderKey, ring.opened().set) ?? openFolderKey(folderKey, ring.known());
        if (!key) throw notAtHand();
        return key.key;
      },
      sealingKey(masterKeyId) {
        const key = ring.opened().set.sealingKeys.get(masterKeyId) ?? ring.known().sealingKeys.get(masterKeyId);
        if (!key) throw notAtHand();
        return key;
      },
    };
  }
}

function notAtHand(): PixstoreError {
  return new PixstoreError(
    'MASTER_KEY_MISMATCH',
    'The key of an image was sealed with a key that does not open with the master keys that were given. If another process has exchanged the master key, give this one the new key as well.',
  );
}

function notOurs(): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'The stored key of an image was sealed with no key of its folder: its row was changed. Restore it from a backup.',
  );
}

function changedAlways(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The keys of the store were changed by others again and again, so that nothing could be sealed. Try again; if it stays so, restore the database from a backup.',
  );
}
