import { keyLength } from '../../shared/protocol/layout.js';
import { checkOf, contextOf, type KeyPurpose, type WrappedKey } from './key-ring.js';
import type { OpenedKey } from './key-set.js';
import type { KeyWrapper } from './key-wrapper.js';
import type { MasterKey } from './master-key.js';
import { wrapKey } from './wrap-key.js';

export interface Begin {
  wrapper: KeyWrapper;
  /** ms since 1970. */
  now: number;
  randomBytes(length: number): Uint8Array;
}

// Processes of the last pixstore, beside which this one is rolled out, know no other proofs.
const upgradeTime = 60 * 60 * 1000;

/** A random key, wrapped. */
export function newKey(purpose: KeyPurpose, begin: Begin, details: Details = {}): Promise<WrappedKey> {
  return wrap(begin.randomBytes(keyLength), purpose, begin, details);
}

/** The same key, wrapped by the wrapper of now: also when it did so before, since its KMS may have another key by now. */
export function rewrapped({ key, wrapped }: OpenedKey, begin: Begin): Promise<WrappedKey> {
  return wrap(key, wrapped.purpose, begin, wrapped);
}

/**
 * The proof keys that a store begins with. Where it has images, it goes on with those of its master keys for a while.
 *
 * @param masters - those that made proofs before, the first one of late
 * @param proofLifetime - in ms
 */
export async function firstProofKeys(
  masters: readonly MasterKey[],
  proofLifetime: number,
  begin: Begin,
): Promise<WrappedKey[]> {
  const from = masters.length > 0 ? begin.now + upgradeTime : 0;
  const until = from + proofLifetime;
  const before = masters.map(({ proofKey }, index) => wrap(proofKey, 'proof', begin, { from: -index, until }));
  return Promise.all([wrap(begin.randomBytes(keyLength), 'proof', begin, { from }), ...before]);
}

/**
 * What opens images that master keys have sealed by themselves: with it in the key ring, the master keys are needed for
 * nothing but to open that.
 */
export function sealingKeys(masters: readonly MasterKey[], begin: Begin): Promise<WrappedKey[]> {
  return Promise.all(masters.map(({ id, sealingKey }) => wrap(sealingKey, 'sealing', begin, { id })));
}

type Details = Partial<Pick<WrappedKey, 'id' | 'from' | 'until'>>;

async function wrap(
  key: Uint8Array,
  purpose: KeyPurpose,
  { wrapper, randomBytes }: Begin,
  { id = Buffer.from(randomBytes(8)).toString('hex'), from = 0, until = null }: Details = {},
): Promise<WrappedKey> {
  const named = { purpose, id };
  const wrapped = await wrapKey(wrapper, key, contextOf(named));
  return { ...named, wrapper: wrapper.id, wrapped, check: checkOf(key, named), from, until };
}
