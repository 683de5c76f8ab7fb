import assert from 'node:assert/strict';
import type { PixstoreError, PixstoreErrorCode } from '../../../src/shared/index.js';
import type { ImageStore, ImageVersion } from '../../../src/stores/port.js';
import { assertStored, bytesOf, readPart, versionOf } from '../../../src/testing/versions.js';

/** One call that changes an image, and what is stored before and after it. */
export interface Change {
  id: string;
  before: ImageVersion | null;
  after: ImageVersion | null;
  make(store: ImageStore): Promise<boolean>;
}

/** What became of a call: it did its work, or failed with this code. */
export type Ending = 'done' | PixstoreErrorCode;

export function save(after: ImageVersion): Change {
  return { id: after.id, before: null, after, make: (store) => store.put(after, null) };
}

export function update(before: ImageVersion, after: ImageVersion): Change {
  return { id: after.id, before, after, make: (store) => store.put(after, before.token) };
}

export function remove(before: ImageVersion): Change {
  return { id: before.id, before, after: null, make: (store) => store.remove(before.id) };
}

export function reseal(before: ImageVersion): Change {
  const sealedKey = bytesOf(`${before.id} sealed anew`, 69);
  const parts = before.parts.map((part) => (part.variant === undefined ? { ...part, sealedKey } : part));
  const after = { ...before, parts };
  const { id, token } = before;
  return { id, before, after, make: async (store) => (await store.reseal([{ id, token, sealedKey }])) === 1 };
}

/** Makes changes at once. Each must do its work or fail with a `PixstoreError`. */
export function makeAll(store: ImageStore, changes: readonly Change[]): Promise<Ending[]> {
  return Promise.all(
    changes.map(async (change) => {
      try {
        assert.equal(await change.make(store), true, `the store says that ${change.id} is not the expected version`);
        return 'done';
      } catch (error) {
        if ((error as Error).name !== 'PixstoreError') throw error;
        return (error as PixstoreError).code;
      }
    }),
  );
}

/** The image is whole, in one of these versions. @returns which */
export async function assertOneOf(
  store: ImageStore,
  id: string,
  versions: readonly (ImageVersion | null)[],
): Promise<ImageVersion | null> {
  const found = await readPart(store, id);
  const version = versions.find((candidate) => isSame(found?.sealedKey, candidate));
  assert.ok(version !== undefined, `${id} is in a state that it should not be in`);
  if (version) {
    for (const { variant } of version.parts) assertStored(await readPart(store, id, variant), version, variant);
  }
  return version;
}

function isSame(sealedKey: Uint8Array | undefined, version: ImageVersion | null): boolean {
  if (!sealedKey || !version) return !sealedKey && !version;
  return version.parts.some((part) => Buffer.compare(part.sealedKey, sealedKey) === 0);
}

/** The next version of an image that is in this one, small enough for the database. */
export function nextOf(id: string, version: ImageVersion | null, token: number): Change {
  const after = versionOf(id, token, 100);
  return version ? update(version, after) : save(after);
}
