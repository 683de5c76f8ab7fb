import { expect, onTestFinished, test } from 'vitest';
import { createEngine } from '../../../../src/backend/engine.js';
import { readBackendConfig } from '../../../../src/backend/face/config.js';
import { engineOptionsOf } from '../../../../src/backend/face/engine-options.js';
import type { OldStore } from '../../../../src/backend/moving/old-store.js';
import { openOldStore } from '../../../../src/stores/local/v3/old-store.js';
import { createMemoryStore } from '../../../../src/stores/memory/memory-store.js';
import { masterKey, quietLogger } from '../../../support/backend.js';
import { expected, placeStore3, sha256 } from '../../../support/store-3.js';

/** An engine that is given an old store with other answers than it has. */
async function openEngine(change: (old: OldStore) => Partial<OldStore>) {
  const { from } = await placeStore3();
  const store = createMemoryStore();
  const options = engineOptionsOf(readBackendConfig({ store, masterKey, logger: quietLogger() }));
  const engine = createEngine({
    ...options,
    async openOldStore(where) {
      const old = await openOldStore({ ...where, busyTimeout: 0 });
      return { ...old, ...change(old) };
    },
  });
  onTestFinished(() => engine.close());
  return { engine, from };
}

test('an image that was replaced between row and file is read again', async () => {
  const [first, second] = expected as [(typeof expected)[number], (typeof expected)[number]];
  const { engine, from } = await openEngine((old) => ({
    // The row of the first image as it was before: with the key of another one.
    async *rows() {
      yield { ...old.row(second.id), id: first.id, token: String(first.token - 1) };
    },
  }));
  const told = [];
  for await (const image of engine.migrateFromV3(from)) told.push(image);
  expect(told).toMatchObject([{ id: first.id, outcome: 'migrated' }]);
  const stored = await engine.readImage(first.id);
  expect(stored?.token).toBe(first.token);
  expect(sha256(stored?.bytes ?? new Uint8Array())).toBe(first.sha256);
});

test('the old store is closed, however the migration ends', async () => {
  let closed = 0;
  const { engine, from } = await openEngine((old) => ({
    async close() {
      closed += 1;
      await old.close();
    },
  }));
  for await (const _ of engine.migrateFromV3(from)) break;
  expect(closed).toBe(1);
  await expect(
    engine
      .migrateFromV3({ ...from, signal: AbortSignal.abort() })
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toThrow();
  expect(closed).toBe(2);
});
