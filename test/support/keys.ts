import type { MasterKey } from '../../src/backend/keys/master-key.js';
import type { ProofKey } from '../../src/backend/keys/proofs.js';

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
