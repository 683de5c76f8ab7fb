import { randomBytes } from 'node:crypto';
import { deriveMasterKey, type MasterKey } from '../../src/backend/keys/master-key.js';
import { wrappersOf } from '../../src/backend/keys/master-key-wrapper.js';
import type { ProofKey } from '../../src/backend/keys/proofs.js';
import { createStoreKeys, type StoreKeys } from '../../src/backend/keys/store-keys.js';
import type { ImageStore } from '../../src/stores/port.js';

/** Master keys, as text: one to be exchanged, the one that follows it, and another. */
export const [oldKey, newKey, thirdKey] = [7, 8, 9].map((byte) => Buffer.alloc(32, byte).toString('hex')) as [
  string,
  string,
  string,
];

/** What makes proofs where master keys do so by themselves: the first one's key makes them, all are good. */
export function proofKeysOf(...masters: readonly MasterKey[]): () => readonly ProofKey[] {
  const keys = masters.map(({ proofKey }, index) => ({ key: proofKey, from: -index, until: null }));
  return () => keys;
}

/** The keys of a store, to seal what a backend does not make itself yet. @param masterKey - in hex or base64 */
export function storeKeysOf(store: ImageStore, masterKey: string, now = Date.now): StoreKeys {
  const master = deriveMasterKey(Buffer.from(masterKey, masterKey.length === 64 ? 'hex' : 'base64'));
  return createStoreKeys({
    ...{ store, masters: [master], wrappers: wrappersOf([master], randomBytes), randomBytes },
    proofLifetime: 40_000,
    now,
    onLost() {},
  });
}
