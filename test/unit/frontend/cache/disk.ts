import 'fake-indexeddb/auto';
import { onTestFinished, vi } from 'vitest';
import { createDiskCache } from '../../../../src/frontend/cache/disk-cache.js';
import { type FrontendConfig, readFrontendConfig } from '../../../../src/frontend/config.js';

let databases = 0;

/** The options of a disk cache with a database of its own and a clock that only the test moves. */
export function diskOptions(config: FrontendConfig = {}) {
  const clock = { time: 1000 };
  const given = { frontendDbName: `test-${databases++}`, now: () => clock.time, ...config };
  return { clock, options: readFrontendConfig(given, () => {}) };
}

/** A disk cache over fake-indexeddb, which runs IndexedDB's own rules (transactions, versions, events) in Node. */
export function openDisk(config: FrontendConfig = {}) {
  const { clock, options } = diskOptions(config);
  const disk = createDiskCache(options);
  onTestFinished(() => disk.close());
  return { disk, clock, options };
}

export const bytes = (length: number, fill = 7): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(fill);

export const always = () => true;

/** The transactions that are begun from now on: mode and stores of each. */
export function watchTransactions(): () => string[] {
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.map(([stores, mode]) => `${mode}: ${[stores].flat()}`);
}
