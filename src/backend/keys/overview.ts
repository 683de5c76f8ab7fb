import type { KeyPurpose } from './key-ring.js';
import type { StoreKeys } from './store-keys.js';

/** A key of the store's own, by its name. */
export interface StoreKeyInfo {
  /** `store` wraps keys of folders, `proof` makes proofs, `sealing` opens what pixstore's first schemas sealed. */
  purpose: KeyPurpose;
  id: string;
  /** The master key or key wrapper that it is wrapped with. */
  wrappedBy: string;
  /** Of a proof key that another one follows: until when its proofs are good, in ms since 1970. */
  until: number | null;
}

/** Which keys there are. */
export interface KeyOverview {
  /** At hand, in the order they were given: the first wraps what is new. */
  masterKeys: {
    id: string;
    /** How many keys of the store it wraps: of one that wraps none, this store has no need. */
    wraps: number;
  }[];
  storeKeys: StoreKeyInfo[];
}

export async function keyOverview(keys: StoreKeys, masterKeyIds: readonly string[]): Promise<KeyOverview> {
  const ring = await keys.ring();
  const storeKeys = ring.keys.map(({ wrapped: { purpose, id, wrapper, until } }) => ({
    purpose,
    id,
    wrappedBy: wrapper,
    until,
  }));
  return {
    masterKeys: masterKeyIds.map((id) => ({
      id,
      wraps: storeKeys.filter(({ wrappedBy }) => wrappedBy === id).length,
    })),
    storeKeys,
  };
}
