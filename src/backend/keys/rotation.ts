import { setImmediate as nextTurn } from 'node:timers/promises';
import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf } from '../../shared/protocol/image-id.js';
import type { FolderKey, ImageStore, Resealed, SealedKey } from '../../stores/port.js';
import { readSignal } from '../read-signal.js';
import { wrappingKeyOf } from './folder-key.js';
import type { KeyList, WrappedKey } from './key-ring.js';
import type { OpenedKey } from './key-set.js';
import { newKey, rewrapped } from './new-keys.js';
import { isOutdated } from './outdated.js';
import type { OpenFolderKey } from './sealing.js';
import type { StoreKeys } from './store-keys.js';

export interface RotateOptions {
  /**
   * The master key has leaked: whoever has it and a copy of the database has the store's own key as well. So that is
   * exchanged, too, and every image's key is sealed anew. Default: false.
   */
  compromised?: boolean;
  /** Stops it; what was done stays done, and the next call goes on. */
  signal?: AbortSignal;
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readRotateOptions(given: RotateOptions | undefined): RotateOptions {
  if (given === undefined) return {};
  const options = readCallOptions(given, ['compromised', 'signal'], 'rotateMasterKey');
  // There and undefined is a value that did not arrive: a leak must not be taken for none.
  const { compromised } = { compromised: false, ...options };
  if (typeof compromised !== 'boolean') {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'The option "compromised" of rotateMasterKey must be true, when the master key has leaked, or false.',
    );
  }
  const signal = readSignal(options.signal, 'rotateMasterKey');
  return { compromised, ...(signal && { signal }) };
}

/** How far a rotation has come. */
export interface RotationProgress {
  /** `keys`: the master key is exchanged; then, after a leak, folders get new keys, and images are sealed with them. */
  step: 'keys' | 'folders' | 'images';
  /** Of this step: keys, folders or parts of images. */
  done: number;
  /**
   * Parts of images that do not open, and were left as they are, with the keys that they name: their rows were changed,
   * or are damaged. When they are restored or deleted, the next exchange finishes this one.
   */
  damaged: number;
}

export interface RotationOptions {
  store: ImageStore;
  keys: StoreKeys;
  /** How long a proof lives at most, in ms. */
  proofLifetime: number;
}

// In one turn of the loop: about a millisecond.
const sealedAtOnce = 64;

const mostTries = 1_000;

/**
 * Exchanges the master key for the first one that was given. Other processes may use the store meanwhile, and exchange
 * it as well. Ended early, it goes on with the next call.
 *
 * ```text
 * routine:      one change of the key ring: all keys wrapped by the new master key, a new proof key
 * compromised:  the same, with a new store key, and without the proof keys of before
 *               -> every folder gets a key of the next generation: nothing is sealed with one of before any more
 *               -> every image's key is sealed anew, until a walk finds none that is not
 *               -> the folder keys of before are destroyed, then the store keys that wrapped them (but what damaged
 *                  images name)
 * ```
 */
export async function* rotateMasterKey(
  { store, keys, proofLifetime }: RotationOptions,
  { compromised = false, signal }: RotateOptions,
): AsyncGenerator<RotationProgress, void, void> {
  let damaged = 0;
  /** What damaged parts name: with the right row put back, it opens them. */
  const stillNamed = new Set<string>();

  /** Replaces the key ring, whoever else does so at the same time. */
  async function change(next: (keys: readonly OpenedKey[]) => Promise<KeyList | null>): Promise<void> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      signal?.throwIfAborted();
      const ring = await keys.ring();
      const list = await next(ring.keys);
      if (!list || (await keys.replaceRing(list, ring.set.version))) return;
    }
    throw changedAlways();
  }

  const rewrap = (list: readonly OpenedKey[]): Promise<WrappedKey[]> =>
    Promise.all(list.map((each) => rewrapped(each, keys.begin())));

  /** Old proofs stay good as long as they would have lived. */
  async function exchange(list: readonly OpenedKey[]): Promise<KeyList | null> {
    // With an exchange after a leak unfinished: or its store key, known to this master key's holder, would never be one of before.
    if (storeKeysOf(list).length > 1) return retire(list);
    const { now } = keys.begin();
    const end = now + proofLifetime;
    const ending = list.flatMap(({ key, wrapped }) => {
      if (wrapped.purpose !== 'proof') return { key, wrapped };
      const until = Math.min(wrapped.until ?? end, end);
      return until > now ? { key, wrapped: { ...wrapped, until } } : [];
    });
    // Others must know of it before it makes proofs.
    const proofKey = await newKey('proof', keys.begin(), { from: now + keys.noticedAfter });
    return [proofKey, ...(await rewrap(ending))];
  }

  /** @returns null when this was begun, and has still to be finished */
  async function retire(list: readonly OpenedKey[]): Promise<KeyList | null> {
    const [latest, ...older] = storeKeysOf(list);
    if (older.length > 0 && latest?.wrapped.wrapper === keys.begin().wrapper.id) return null;
    const kept = list.filter(({ wrapped }) => wrapped.purpose !== 'proof');
    const proofKey = await newKey('proof', keys.begin(), { from: keys.begin().now });
    return [await newKey('store', keys.begin()), proofKey, ...(await rewrap(kept))];
  }

  /** Gives every folder a key that none of these has wrapped. */
  async function* renewFolders(older: readonly string[]): AsyncGenerator<RotationProgress> {
    let done = 0;
    for await (const page of store.folderKeys()) {
      signal?.throwIfAborted();
      const folders = new Set(page.filter((key) => older.includes(wrapperOf(key))).map(({ folder }) => folder));
      await Promise.all([...folders].map(async (folder) => keys.folderKey(folder)));
      done += folders.size;
      yield { step: 'folders', done, damaged };
    }
  }

  /** The latest keys of the folders of these parts. */
  async function latestKeys(parts: readonly SealedKey[]): Promise<Map<string, OpenFolderKey>> {
    const latest = new Map<string, OpenFolderKey>();
    for (const { id } of parts) {
      const folder = folderOf(id);
      if (latest.has(folder)) continue;
      const key = keys.folderKey(folder);
      latest.set(folder, key instanceof Promise ? await key : key);
    }
    return latest;
  }

  async function sealAnew(
    parts: readonly SealedKey[],
    latest: ReadonlyMap<string, OpenFolderKey>,
  ): Promise<Resealed[]> {
    const sealed: Resealed[] = [];
    for (const part of parts) {
      try {
        const { id, variant, token } = part;
        sealed.push({ id, variant, token, sealedKey: keys.reseal(part, latest.get(folderOf(id)) as OpenFolderKey) });
      } catch (error) {
        await judge(part, error);
      }
    }
    return sealed;
  }

  /** Why does a part not open? Another process may have been faster. */
  async function judge(part: SealedKey, error: unknown): Promise<void> {
    if (await isOutdated(store, part)) return;
    if (!(error instanceof PixstoreError) || error.code !== 'SEALED_KEY_INVALID') throw error;
    damaged += 1;
    stillNamed.add(nameOf(part.folderKey));
  }

  /** Seals what is sealed with keys of before. @returns whether there was anything */
  async function* resealAll(
    older: readonly string[],
    done: { parts: number },
  ): AsyncGenerator<RotationProgress, boolean> {
    let found = false;
    let writing: Promise<unknown> | undefined;
    damaged = 0;
    stillNamed.clear();
    for await (const page of store.sealedKeys()) {
      await nextTurn(); // a store that answers at once would leave nobody else a turn
      const outdated = page.filter(({ folderKey }) => !folderKey || older.includes(wrapperOf(folderKey)));
      const latest = await latestKeys(outdated);
      const sealed: Resealed[] = [];
      for (let at = 0; at < outdated.length; at += sealedAtOnce) {
        signal?.throwIfAborted();
        await nextTurn();
        sealed.push(...(await sealAnew(outdated.slice(at, at + sealedAtOnce), latest)));
      }
      await writing; // of the page before: meanwhile, this one was sealed
      yield { step: 'images', done: done.parts, damaged };
      if (sealed.length === 0) continue;
      found = true;
      writing = store.reseal(sealed).then(() => {
        done.parts += sealed.length;
      });
      writing.catch(() => {}); // told to who waits for it
    }
    await writing;
    return found;
  }

  /** Nothing is sealed with them any more, but what is damaged. */
  async function destroyKeys(older: readonly string[]): Promise<void> {
    const stillWrapping = new Set<string>();
    for await (const page of store.folderKeys()) {
      const outdated = page.filter((key) => older.includes(wrapperOf(key)));
      const unnamed = outdated.filter((key) => !stillNamed.has(nameOf(key)));
      for (const key of outdated) if (!unnamed.includes(key)) stillWrapping.add(wrapperOf(key));
      if (unnamed.length > 0) await store.destroyFolderKeys(unnamed);
    }
    const isNeeded = ({ purpose, id }: WrappedKey): boolean => {
      if (purpose === 'sealing') return stillNamed.has(nameOf(null));
      return purpose !== 'store' || !older.includes(id) || stillWrapping.has(id);
    };
    await change(async (list) => list.map(({ wrapped }) => wrapped).filter(isNeeded));
  }

  await change(compromised ? retire : exchange);
  const { set } = await keys.ring();
  yield { step: 'keys', done: set.storeKeys.length + set.proofKeys.length + set.sealingKeys.size, damaged };
  if (!compromised && set.storeKeys.length < 2) return;

  // Another process may begin the same anew meanwhile: what it wrapped is not among the older ones here.
  const older = set.storeKeys.slice(1).map(({ id }) => id);
  yield* renewFolders(older);
  const done = { parts: 0 };
  while (yield* resealAll(older, done));
  await destroyKeys(older);
  yield { step: 'images', done: done.parts, damaged };
}

const storeKeysOf = (list: readonly OpenedKey[]) => list.filter(({ wrapped }) => wrapped.purpose === 'store');

const nameOf = (key: FolderKey | null): string => (key ? `${key.folder}:${key.generation}` : '');

const wrapperOf = ({ wrapped }: FolderKey): string => (wrapped ? wrappingKeyOf(wrapped) : '');

function changedAlways(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The keys of the store were changed by others again and again. Try again when nobody else exchanges the master key.',
  );
}
