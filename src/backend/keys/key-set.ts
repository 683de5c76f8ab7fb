import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import type { KeyRing } from '../../stores/port.js';
import type { StoreKey } from './folder-key.js';
import { contextOf, decodeKeyRing, passesCheck, type WrappedKey } from './key-ring.js';
import type { KeyWrapper } from './key-wrapper.js';
import type { MasterKey } from './master-key.js';
import type { ProofKey } from './proofs.js';
import { unwrapKey } from './wrap-key.js';

/** The keys of a store, as they are used. */
export interface KeySet {
  /** Of the key ring that they are from; 0: the store has none yet. */
  version: number;
  /** The first one wraps keys of folders, all open. */
  storeKeys: readonly StoreKey[];
  proofKeys: readonly ProofKey[];
  /** What master keys sealed images with by themselves, by the master key's id. */
  sealingKeys: ReadonlyMap<string, Uint8Array>;
}

/**
 * What there is before the store has keys of its own: images of pixstore's first schemas were sealed, and their proofs
 * made, with keys that are derived from the master keys.
 */
export function keySetOfMasters(masters: readonly MasterKey[]): KeySet {
  return {
    version: 0,
    storeKeys: [],
    proofKeys: masters.map(({ proofKey }) => ({ key: proofKey, from: 0, until: null })),
    sealingKeys: new Map(masters.map(({ id, sealingKey }) => [id, sealingKey])),
  };
}

/** A key of a ring, and what it is when it is unwrapped. */
export interface OpenedKey {
  wrapped: WrappedKey;
  key: Uint8Array;
}

/** A key ring, opened. */
export interface OpenedRing {
  /** In the order of the ring. */
  keys: readonly OpenedKey[];
  set: KeySet;
}

/**
 * Opens a key ring. Keys that are known from another one are not asked for again.
 *
 * @throws PixstoreError `MASTER_KEY_MISMATCH`, `SEALED_KEY_INVALID`, `KEY_WRAPPER_FAILED` or `KEY_WRAPPER_TIMEOUT`
 */
export function openKeyRing(
  { version, bytes }: KeyRing,
  wrappers: readonly KeyWrapper[],
  known: OpenedRing['keys'] = [],
): MaybePromise<OpenedRing> {
  const list = decodeKeyRing(bytes);
  requireWrappers(list, wrappers);
  const opened = list.map((wrapped) => {
    const before = known.find((each) => each.wrapped.id === wrapped.id && passesCheck(each.key, wrapped));
    const key = before ? before.key : open(wrapped, wrappers);
    // When several fail, the first is told of; the others must not end the process.
    if (key instanceof Promise) key.catch(() => {});
    return key;
  });
  const finish = (keys: readonly Uint8Array[]) =>
    toRing(
      version,
      list.map((wrapped, index) => ({ wrapped, key: keys[index] as Uint8Array })),
    );
  return opened.some((key) => key instanceof Promise)
    ? Promise.all(opened).then(finish)
    : finish(opened as Uint8Array[]);
}

/**
 * Of a key ring that does not open, what is known from the one before: what goes on, and when it ends. It stays that of the
 * version before.
 */
export function keepKnown({ bytes }: KeyRing, { keys, set }: OpenedRing): OpenedRing {
  const list = decodeKeyRing(bytes);
  const kept = keys.flatMap(({ key, wrapped: { id, purpose } }) => {
    const wrapped = list.find((each) => each.id === id && each.purpose === purpose);
    return wrapped ? { wrapped, key } : [];
  });
  return toRing(set.version, kept);
}

function open(wrapped: WrappedKey, wrappers: readonly KeyWrapper[]): MaybePromise<Uint8Array> {
  const wrapper = wrappers.find(({ id }) => id === wrapped.wrapper) as KeyWrapper;
  return andThen(unwrapKey(wrapper, wrapped.wrapped, contextOf(wrapped)), (key) => {
    if (passesCheck(key, wrapped)) return key;
    throw new PixstoreError(
      'KEY_WRAPPER_FAILED',
      `The key wrapper "${wrapper.id}" unwrapped a key of the store to another one than it had wrapped. Images are untouched. Check that it uses the key that its id names, and try again.`,
    );
  });
}

function toRing(version: number, keys: readonly OpenedKey[]): OpenedRing {
  const of = (purpose: WrappedKey['purpose']) => keys.filter(({ wrapped }) => wrapped.purpose === purpose);
  return {
    keys,
    set: {
      version,
      storeKeys: of('store').map(({ wrapped: { id }, key }) => ({ id, key })),
      proofKeys: of('proof').map(({ wrapped: { from, until }, key }) => ({ key, from, until })),
      sealingKeys: new Map(of('sealing').map(({ wrapped: { id }, key }) => [id, key])),
    },
  };
}

function requireWrappers(list: readonly WrappedKey[], wrappers: readonly KeyWrapper[]): void {
  const used = new Set(list.map(({ wrapper }) => wrapper));
  requireKeys(
    [...used],
    wrappers.map(({ id }) => id),
  );
}

/**
 * @throws PixstoreError `MASTER_KEY_MISMATCH` when something in the store was sealed with a key that is not at hand
 */
export function requireKeys(idsInStore: readonly string[], atHand: readonly string[]): void {
  const unknown = idsInStore.filter((id) => !atHand.includes(id));
  if (unknown.length === 0) return;
  throw new PixstoreError(
    'MASTER_KEY_MISMATCH',
    `The store was sealed with ${unknown.length === 1 ? 'a master key that was' : `${unknown.length} master keys that were`} not given. Give every key that is in use; the first one is for what is new, all open.`,
  );
}
