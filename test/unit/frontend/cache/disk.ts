import 'fake-indexeddb/auto';
import { expect, onTestFinished, vi } from 'vitest';
import { createDiskCache } from '../../../../src/frontend/cache/disk-cache.js';
import { type FrontendConfig, readFrontendConfig } from '../../../../src/frontend/face/config.js';

let databases = 0;

/** The options of a disk cache with a database of its own and a clock that only the test moves. */
export function diskOptions(config: FrontendConfig = {}) {
  const clock = { time: 1000 };
  const given = { frontendDbName: `test-${databases++}`, now: () => clock.time, ...config };
  return { clock, options: readFrontendConfig(given, () => {}) };
}

/** A disk cache over fake-indexeddb, which keeps IndexedDB's rules (transactions, versions, events) in Node. */
export function openDisk(config: FrontendConfig = {}) {
  const { clock, options } = diskOptions(config);
  const disk = createDiskCache(options);
  onTestFinished(() => disk.close());
  return { disk, clock, options };
}

export const bytes = (length: number, fill = 7): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(fill);

/** An image of so many bytes, and what its ciphertext may be in the eyes of a cache, which does not look. */
export const contents = (length: number) => ({ plaintext: bytes(1 + length), ciphertext: bytes(length) });

/** The transactions that are begun from now on: mode and stores of each. */
export function watchTransactions(): () => string[] {
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction');
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.map(([stores, mode]) => `${mode}: ${[stores].flat()}`);
}

export const databaseNames = async () => (await indexedDB.databases()).map(({ name }) => name);

/** Every row of a store, by the key of the store; opens the database as any script could. */
export async function rowsOf(
  name: string,
  store: 'images' | 'images-usage' | 'images-logouts',
): Promise<Record<string, unknown>[]> {
  const done = <Result>(request: IDBRequest<Result>) =>
    new Promise<Result>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  // To open one that is not there would make it, and not as the cache does.
  if (!(await databaseNames()).includes(name)) return [];
  const database = await done(indexedDB.open(name));
  try {
    return await done(database.transaction(store).objectStore(store).getAll());
  } finally {
    database.close();
  }
}

export const idsOf = async (name: string): Promise<string> =>
  (await rowsOf(name, 'images')).map(({ id }) => String(id)).join('');

/** What the cache does in the background is done soon, on a busy machine too. */
export function eventually(look: () => unknown): ReturnType<typeof expect.poll> {
  return expect.poll(look, { timeout: 10_000, interval: 5 });
}

/** Dispatches what a page sends when it is left; Node has no such events of its own. */
export function usePageEvents(): (event: 'pagehide' | 'visibilitychange' | 'pageshow') => void {
  const page = new EventTarget();
  const events = {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  };
  vi.stubGlobal('addEventListener', events.addEventListener);
  vi.stubGlobal('removeEventListener', events.removeEventListener);
  onTestFinished(() => void vi.unstubAllGlobals());
  // `persisted` is true of pageshow when the page comes back from the back/forward cache.
  return (event) => void page.dispatchEvent(Object.assign(new Event(event), { persisted: true }));
}

/** Gives the page an idle callback that only the test calls, before it takes a look. */
export function useIdle(): <Seen>(look: () => Seen) => Seen {
  const callbacks: (() => void)[] = [];
  vi.stubGlobal('requestIdleCallback', (callback: () => void) => callbacks.push(callback));
  onTestFinished(() => void vi.unstubAllGlobals());
  return (look) => {
    for (const callback of callbacks.splice(0)) callback();
    return look();
  };
}
