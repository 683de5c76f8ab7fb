import { equal, eventually, has } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import { type Case, withoutMemory } from './case.js';

type Trouble = (window: Frame['window']) => void;

// Each is done to a page before it makes its frontend. Browsers have been seen to do all of this.
const troubles: [what: string, trouble: Trouble, clearing?: 'STORAGE_FAILED'][] = [
  ['has no IndexedDB', (window) => replaceIndexedDB(window, () => undefined)],
  [
    'throws at the mention of IndexedDB',
    (window) =>
      replaceIndexedDB(window, () => {
        throw new window.DOMException('The operation is insecure.', 'SecurityError');
      }),
  ],
  [
    'throws when a database is opened',
    (window) =>
      replaceOpen(window, () => {
        throw new window.DOMException('Storage is not allowed.', 'SecurityError');
      }),
  ],
  // What is on disk may still be there: a logout must say so.
  [
    'never answers when a database is opened',
    (window) => {
      hurry(window);
      replaceOpen(window, hangingRequest);
    },
    'STORAGE_FAILED',
  ],
  ['has no room for anything', (window) => limitRows(window, 0)],
  [
    'never answers once a database is open',
    (window) => {
      hurry(window);
      const hanging = { get: hangingRequest, getKey: hangingRequest, put: hangingRequest };
      Object.assign(window.IDBObjectStore.prototype, hanging);
      Object.defineProperty(window.IDBTransaction.prototype, 'oncomplete', { set() {} });
    },
  ],
  [
    'fails every transaction',
    (window) => {
      window.IDBDatabase.prototype.transaction = () => {
        throw new window.DOMException('Connection to Indexed Database server lost.', 'UnknownError');
      };
    },
  ],
];

export const storageTrouble: Case[] = [
  ...troubles.map(
    ([what, trouble, clearing]): Case => ({
      title: `a browser that ${what} shows the picture, and clearing the cache is ${clearing ?? 'no error'}`,
      async run({ control, openFrame }) {
        const { record, sha256 } = await control.save('brick.webp');
        const page = await openFrame();
        trouble(page.window);
        await page.start({});
        has(await page.get(record), { sha256 });
        has(await page.get(record), { sha256 });
        equal(await page.sources(), ['network', 'memory']);
        const outcome = await page.window.frontend.clearImageCache().catch(({ code }) => code);
        equal(outcome, clearing);
        equal(await page.exists(record.id), false);
      },
    }),
  ),

  {
    title: 'a page that is given no storage shows the picture',
    async run({ control, openSandbox }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openSandbox();
      await page.start({});
      has(await page.get(record), { sha256 });
      has(await page.get(record), { sha256 });
      equal(await page.sources(), ['network', 'memory']);
      await page.clear();
    },
  },

  {
    title: 'when the browser has no room left the picture shows, and some old ones make room for the next',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(12);
      const page = await openFrame();
      limitRows(page.window, 6);
      await page.start({ ...withoutMemory, frontendCleanupBatch: 2 });
      for (const { record, sha256 } of saved) {
        has(await page.get(record), { sha256 });
        await eventually(async () => (await page.cachedIds()).length > 0, true);
      }
      const last = saved.at(-1)?.record;
      await eventually(async () => {
        if (last) await page.get(last);
        const ids = await page.cachedIds();
        return ids.includes(last?.id ?? '') && ids.length >= 3 && ids.length <= 6;
      }, true);
    },
  },

  {
    title: 'when the browser drops the connection to the database a new one is made',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      const opened: IDBDatabase[] = [];
      const { transaction } = page.window.IDBDatabase.prototype;
      page.window.IDBDatabase.prototype.transaction = function (...args) {
        if (!opened.includes(this)) opened.push(this);
        return transaction.apply(this, args);
      };
      await page.start(withoutMemory);
      await page.get(record);
      await eventually(() => page.cachedIds(), [record.id]);
      for (const database of opened) database.close(); // as Safari does when the page was in the background
      has(await page.get(record), { sha256 });
      equal(await page.sources(), ['network', 'disk']);
    },
  },
];

function replaceIndexedDB(window: Frame['window'], get: () => undefined): void {
  Object.defineProperty(window, 'indexedDB', { get, configurable: true });
}

function replaceOpen(window: Frame['window'], open: () => IDBOpenDBRequest): void {
  window.IDBFactory.prototype.open = open;
  window.IDBFactory.prototype.deleteDatabase = open;
}

/** Timers go off ten times as early: what is never answered is waited for in them. */
function hurry(window: Frame['window']): void {
  const { setTimeout } = window;
  window.setTimeout = ((work: () => void, ms = 0) => setTimeout(work, ms / 10)) as typeof setTimeout;
}

/** A request that never has a result. */
function hangingRequest(): IDBOpenDBRequest {
  return { addEventListener() {}, removeEventListener() {} } as unknown as IDBOpenDBRequest;
}

/** A disk with room for so many images. */
function limitRows(window: Frame['window'], most: number): void {
  const { put, delete: remove, clear } = window.IDBObjectStore.prototype;
  const rows = new Set<unknown>();
  Object.assign(window.IDBObjectStore.prototype, {
    put(this: IDBObjectStore, row: { id: string }) {
      if (this.name === 'images' && !rows.has(row.id)) {
        if (rows.size >= most) return failForSpace(window, this.transaction);
        rows.add(row.id);
      }
      return put.call(this, row);
    },
    delete(this: IDBObjectStore, key: IDBValidKey) {
      if (this.name === 'images') rows.delete(key);
      return remove.call(this, key);
    },
    clear(this: IDBObjectStore) {
      if (this.name === 'images') rows.clear();
      return clear.call(this);
    },
  });
}

/** What browsers do: the transaction aborts, with an error that says why. */
function failForSpace(window: Frame['window'], transaction: IDBTransaction): IDBOpenDBRequest {
  const value = new window.DOMException('The disk is full.', 'QuotaExceededError');
  Object.defineProperty(transaction, 'error', { value });
  transaction.abort();
  return hangingRequest();
}
