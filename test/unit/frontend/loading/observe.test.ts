import 'fake-indexeddb/auto';
import { resolveObjectURL } from 'node:buffer';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import type { ObservableFrontend } from '../../../../src/frontend/face/public-api.js';
import type { ImageObserver, ImageSnapshot } from '../../../../src/frontend/loading/image-observer.js';
import { createObservers } from '../../../../src/frontend/loading/observers.js';
import {
  forgetLastError,
  getLastPixstoreError,
  setCustomErrorHandler,
} from '../../../../src/shared/errors/last-error.js';
import type { ImageFetcher, ImageRecord } from '../../../../src/types/index.js';
import { eventually, idsOf } from '../cache/disk.js';
import { collectGarbage } from '../collect-garbage.js';
import { bytesOf, sealImage } from '../sealed-image.js';

// Images as a page shows them, over time. Frontends of one database are tabs of one site.

const tom = await sealImage({ id: 'cats:tom', token: 1000 });
const newerTom = await sealImage({ id: 'cats:tom', token: 2000 });
const newestTom = await sealImage({ id: 'cats:tom', token: 3000 });
const thumb = await sealImage({ id: 'cats:tom.thumb', token: 1000 });
const rex = await sealImage({ id: 'dogs:rex', token: 1000 });
const payloads = new Map(
  [tom, newerTom, newestTom, thumb, rex].map(({ record, success }) => [record.id + record.token, success]),
);
const nothingYet = { status: 'loading' };
const isOpen = (url = '') => resolveObjectURL(url) !== undefined;
const urlOf = (observer: ImageObserver) => observer.getSnapshot().url ?? expect.fail('nothing is shown');
const codeOf = (observer: ImageObserver) => observer.getSnapshot().error?.code;
const turn = () => new Promise(setImmediate);
let sites = 0;

/** A site, and what its tabs ask the network for; answers come when the test says so, or at once. */
function openSite() {
  const frontendDbName = `observe-${sites++}`;
  const asked: { id: string; context: unknown; signal: AbortSignal | undefined; answer(payload?: Uint8Array): void }[] =
    [];
  const network = { holds: false };
  const fetcher: ImageFetcher = ({ id, token }, context, options) =>
    new Promise((resolve) => {
      const answer = (payload = payloads.get(id + token)) => resolve(payload ?? Uint8Array.of(2));
      asked.push({ id, context, signal: options?.signal, answer });
      if (!network.holds) answer();
    });
  return {
    network,
    asked,
    openTab(config: FrontendConfig = {}): ObservableFrontend {
      const given = { frontendDbName, errorHandlingMode: 'throw', fetchRetries: 0, ...config } as const;
      const frontend = createPixstoreFrontend(given, fetcher);
      onTestFinished(() => frontend.close());
      return frontend;
    },
    disk: () => idsOf(frontendDbName),
  };
}

function openTab(config?: FrontendConfig) {
  const site = openSite();
  return { ...site, tab: site.openTab(config) };
}

/** Subscribes, and notes what is told. */
function watch(observer: ImageObserver) {
  const told: ImageSnapshot[] = [];
  const unsubscribe = observer.subscribe((snapshot) => told.push(snapshot));
  return { told, unsubscribe };
}

function reaches(observer: ImageObserver, status: ImageSnapshot['status']): Promise<void> {
  return vi.waitFor(() => expect(observer.getSnapshot()).toMatchObject({ status }), { interval: 1 });
}

/** An observer with a subscriber, whose image is shown. */
async function show(tab: ObservableFrontend, { record }: { record: ImageRecord }) {
  const observer = tab.observe(record);
  const { told, unsubscribe } = watch(observer);
  await reaches(observer, 'loaded');
  told.length = 0;
  return { observer, told, unsubscribe, url: urlOf(observer) };
}

describe('peek', () => {
  test('gives what memory has of this very version, as getImage does', async () => {
    const { tab } = openTab();
    expect(tab.peek(tom.record)).toBeUndefined();
    const blob = await tab.getImage(tom.record);
    expect(tab.peek(tom.record)).toBe(blob);
    expect(tab.peek(newerTom.record)).toBeUndefined();
    expect(tab.peek({ ...tom.record, meta: newerTom.record.meta })).toBeUndefined();
  });

  test('gives a Blob that the page holds, though memory has no more room for it', async () => {
    const { tab } = openTab({ frontendMemoryCacheBytes: 400 });
    const blob = await tab.getImage(tom.record);
    await tab.getImage(rex.record);
    expect(tab.peek(tom.record)).toBe(blob);
  });

  test('makes the Blob of what was prefetched', async () => {
    const { tab } = openTab();
    await tab.prefetchImages([tom.record]);
    expect(await bytesOf(tab.peek(tom.record) ?? null)).toEqual(tom.bytes);
  });

  test('counts for nothing', async () => {
    const onImageLoad = vi.fn();
    const { tab } = openTab({ onImageLoad });
    await tab.prefetchImages([tom.record]);
    tab.peek(tom.record);
    expect(onImageLoad).not.toHaveBeenCalled();
    expect((await tab.cacheStats())?.memory.hits).toBe(0);
  });

  test('gives nothing that was asked for before a deletion or a logout', async () => {
    const { tab } = openTab();
    const shown = await tab.getImage(tom.record);
    await tab.deleteCachedImage(tom.record.id);
    expect(tab.peek(tom.record)).toBeUndefined();
    await tab.getImage(tom.record);
    expect(tab.peek(tom.record)).not.toBe(shown);
    await tab.clearImageCache();
    expect(tab.peek(tom.record)).toBeUndefined();
  });

  test('fails as the error mode says', async () => {
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { tab, openTab: openAnother } = openTab();
    expect(() => tab.peek({} as ImageRecord)).toThrow(expect.objectContaining({ code: 'RECORD_INVALID' }));
    tab.close();
    expect(() => tab.peek(tom.record)).toThrow(expect.objectContaining({ code: 'FRONTEND_CLOSED' }));
    const hybrid = openAnother({ errorHandlingMode: 'hybrid', logger });
    expect(hybrid.peek({} as ImageRecord)).toBeUndefined();
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('RECORD_INVALID'));
  });
});

describe('an image', () => {
  test('is not asked for before somebody subscribes, and then told of once', async () => {
    const { tab, asked } = openTab();
    const observer = tab.observe(tom.record, 'ada');
    const first = observer.getSnapshot();
    expect(first).toEqual(nothingYet);
    await turn();
    expect(asked).toEqual([]);
    const { told } = watch(observer);
    expect(observer.getSnapshot()).toBe(first);
    await reaches(observer, 'loaded');
    expect(asked).toEqual([expect.objectContaining({ id: 'cats:tom', context: 'ada' })]);
    expect(told).toEqual([{ status: 'loaded', url: expect.any(String), source: 'network' }]);
    expect(observer.getSnapshot()).toBe(told[0]);
    expect(await bytesOf(resolveObjectURL(urlOf(observer)) as Blob)).toEqual(tom.bytes);
  });

  test('that is in memory is there at once, and stays the same when somebody subscribes', async () => {
    const { tab, asked } = openTab();
    await tab.getImage(tom.record);
    const observer = tab.observe(tom.record);
    const first = observer.getSnapshot();
    expect(first).toEqual({ status: 'loaded', url: expect.any(String), source: 'memory' });
    expect(isOpen(first.url)).toBe(true);
    const { told } = watch(observer);
    await turn();
    expect(observer.getSnapshot()).toBe(first);
    expect(told).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  test('that came into memory before somebody subscribes is told of while he does', async () => {
    const { tab } = openTab();
    const observer = tab.observe(tom.record);
    observer.getSnapshot();
    await tab.getImage(tom.record);
    const { told } = watch(observer);
    expect(told).toMatchObject([{ status: 'loaded', source: 'memory' }]);
  });

  test('is one URL with all who show this version', async () => {
    const { tab } = openTab();
    const shown = await tab.getImageUrl(tom.record);
    const { observer, unsubscribe } = await show(tab, tom);
    expect(urlOf(observer)).toBe(shown?.url);
    unsubscribe();
    await turn();
    expect(isOpen(shown?.url)).toBe(true);
    shown?.release();
    expect(isOpen(shown?.url)).toBe(false);
  });

  test('counts as one of getImageUrl does, from memory when somebody subscribes', async () => {
    const onImageLoad = vi.fn();
    const { tab } = openTab({ onImageLoad });
    await show(tab, tom);
    expect(onImageLoad).toHaveBeenCalledTimes(1);
    const again = tab.observe(tom.record);
    again.getSnapshot();
    expect(onImageLoad, 'to draw has no effects').toHaveBeenCalledTimes(1);
    watch(again);
    watch(again);
    const told = { id: 'cats:tom', token: 1000, bytes: 300, milliseconds: expect.any(Number) };
    expect(onImageLoad.mock.calls).toEqual([[{ ...told, source: 'network' }], [{ ...told, source: 'memory' }]]);
    expect(await tab.cacheStats()).toMatchObject({ memory: { hits: 1, bytes: 300 }, network: { hits: 1 } });
  });

  test('is asked for with the priority that was given', async () => {
    const find = vi.fn(() => new Promise<never>(() => {}));
    const unused = () => expect.fail();
    const parts = { findInMemory: () => undefined, find, count: unused, toFound: unused, hold: unused };
    watch(createObservers(unused).observe(parts, tom.record, 'ada', { priority: 'high' }));
    await turn();
    const options = { priority: 'high', signal: expect.any(AbortSignal) };
    expect(find.mock.calls).toEqual([[tom.record, 'ada', options]]);
  });
});

describe('letting go', () => {
  test('who leaves and comes again in the same task, as StrictMode does, finds everything as it was', async () => {
    const { tab, asked, network } = openTab();
    network.holds = true;
    const observer = tab.observe(tom.record);
    watch(observer).unsubscribe();
    const { unsubscribe } = watch(observer);
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    unsubscribe();
    observer.release();
    const { told, unsubscribe: leave } = watch(observer);
    await turn();
    expect(asked[0]?.signal?.aborted).toBe(false);
    asked[0]?.answer();
    await reaches(observer, 'loaded');
    const url = urlOf(observer);
    leave();
    watch(observer);
    await turn();
    expect(urlOf(observer)).toBe(url);
    expect(isOpen(url)).toBe(true);
    expect(told).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  test('when the last one has left, the URL is freed; who comes later gets another', async () => {
    const { tab } = openTab();
    const { observer, url, unsubscribe } = await show(tab, tom);
    const other = watch(observer);
    unsubscribe();
    await turn();
    expect(isOpen(url), 'one is left').toBe(true);
    other.unsubscribe();
    await turn();
    expect(isOpen(url)).toBe(false);
    watch(observer);
    expect(observer.getSnapshot()).toMatchObject({ status: 'loaded', source: 'memory' });
    expect(urlOf(observer)).not.toBe(url);
  });

  test('when the last one has left, what only the observer waits for is aborted, and nothing else', async () => {
    const { tab, asked, network } = openTab();
    network.holds = true;
    const alone = watch(tab.observe(tom.record));
    const shared = watch(tab.observe(rex.record));
    await vi.waitFor(() => expect(asked).toHaveLength(2), { interval: 1 });
    const other = tab.getImage(rex.record);
    alone.unsubscribe();
    shared.unsubscribe();
    await turn();
    expect(asked.map(({ id, signal }) => [id, signal?.aborted])).toEqual([
      ['cats:tom', true],
      ['dogs:rex', false],
    ]);
    asked[1]?.answer();
    expect(await other).toBeInstanceOf(Blob);
  });

  test('who leaves at once asks the network for nothing', async () => {
    const { tab, asked } = openTab();
    watch(tab.observe(tom.record)).unsubscribe();
    await tab.getImage(rex.record);
    expect(asked.map(({ id }) => id)).toEqual(['dogs:rex']);
  });

  test('release frees what nobody subscribed to, and takes up nothing again before somebody does', async () => {
    const { tab } = openTab();
    await tab.prefetchImages([tom.record]);
    const observer = tab.observe(tom.record);
    const url = urlOf(observer);
    observer.release();
    await turn();
    expect(isOpen(url)).toBe(false);
    expect(observer.getSnapshot()).toEqual(nothingYet);
    watch(observer).unsubscribe();
    expect(observer.getSnapshot()).toMatchObject({ status: 'loaded' });
    await turn();
    expect(observer.getSnapshot(), 'it is as new').toMatchObject({ status: 'loaded' });
  });

  test('who has let go is told of nothing', async () => {
    const { tab } = openTab();
    const { observer, told, unsubscribe } = await show(tab, tom);
    unsubscribe();
    await turn();
    await tab.clearImageCache();
    expect(observer.getSnapshot()).toEqual(nothingYet);
    expect(told).toEqual([]);
  });

  test('release sends subscribers away', async () => {
    const { tab } = openTab();
    const { observer, told, url } = await show(tab, tom);
    observer.release();
    await turn();
    await tab.clearImageCache();
    expect(told).toEqual([]);
    expect(isOpen(url)).toBe(false);
  });

  test('what is drawn and thrown away without a word is freed when it is collected', async () => {
    const { tab } = openTab();
    await tab.prefetchImages([tom.record, rex.record]);
    const urls = (() => [tab.observe(tom.record), tab.observe(tom.record)].map(urlOf))();
    const kept = tab.observe(rex.record);
    const keptUrl = urlOf(kept);
    await vi.waitFor(async () => {
      await collectGarbage();
      expect(urls.map(isOpen)).toEqual([false, false]);
    });
    expect(urlOf(kept)).toBe(keptUrl);
    expect(isOpen(keptUrl)).toBe(true);
  });

  test('whose subscribers stay is shown on, though nobody holds the observer', async () => {
    const { tab } = openTab();
    const told: ImageSnapshot[] = [];
    const leave = (() => tab.observe(tom.record).subscribe((snapshot) => told.push(snapshot)))();
    await vi.waitFor(() => expect(told).toHaveLength(1), { interval: 1 });
    await collectGarbage();
    await collectGarbage();
    expect(isOpen(told[0]?.url)).toBe(true);
    leave();
    await turn();
    expect(isOpen(told[0]?.url)).toBe(false);
  });
});

describe('an error', () => {
  test.each(['throw', 'hybrid', 'warn', 'silent', 'custom'] as const)(
    'is in the snapshot and nowhere else, in the mode %s',
    async (errorHandlingMode) => {
      const handler = vi.fn();
      setCustomErrorHandler(handler);
      onTestFinished(() => setCustomErrorHandler(undefined));
      forgetLastError();
      const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
      const { tab, network, asked } = openTab({ errorHandlingMode, logger });
      const invalid = tab.observe({ ...tom.record, token: -1 });
      expect(codeOf(invalid)).toBe('RECORD_INVALID');
      expect(invalid.getSnapshot()).toBe(invalid.getSnapshot());
      network.holds = true;
      const observer = tab.observe(tom.record);
      const { told } = watch(observer);
      await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
      asked[0]?.answer(Uint8Array.of(2));
      await reaches(observer, 'error');
      expect(told).toEqual([{ status: 'error', error: expect.objectContaining({ code: 'IMAGE_NOT_FOUND' }) }]);
      expect(logger.error).not.toHaveBeenCalled();
      expect(handler).not.toHaveBeenCalled();
      expect(getLastPixstoreError()).toBeNull();
    },
  );

  test.each([null, undefined, 'cats:tom', { id: 7 }])('that %j is no record is said at once', async (record) => {
    const { tab, asked } = openTab();
    const observer = tab.observe(record as never);
    expect(codeOf(observer)).toBe('RECORD_INVALID');
    watch(observer);
    await tab.deleteCachedImage('cats:tom');
    expect(codeOf(observer)).toBe('RECORD_INVALID');
    expect(asked).toEqual([]);
  });

  test('stays until it is to be tried again, and what comes then is told', async () => {
    const { tab, network, asked } = openTab();
    network.holds = true;
    const observer = tab.observe(tom.record);
    const { told } = watch(observer);
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    observer.retry();
    asked[0]?.answer(Uint8Array.of(2));
    await reaches(observer, 'error');
    const other = watch(observer);
    await turn();
    expect(asked).toHaveLength(1);
    network.holds = false;
    observer.retry();
    expect(observer.getSnapshot()).toEqual(nothingYet);
    await reaches(observer, 'loaded');
    observer.retry();
    await turn();
    expect(told.map(({ status }) => status)).toEqual(['error', 'loading', 'loaded']);
    expect(other.told.map(({ status }) => status)).toEqual(['loading', 'loaded']);
    expect(asked).toHaveLength(2);
  });

  test('stays whatever others do: what comes after a logout is for others', async () => {
    const { tab, asked } = openTab();
    const { observer, told } = await show(tab, tom);
    await tab.clearImageCache();
    await tab.getImage(newerTom.record);
    await tab.deleteCachedImage('cats:tom');
    await turn();
    expect(codeOf(observer)).toBe('CACHE_CLEARED');
    expect(told).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  test('is forgotten when the last one has left: who comes later begins anew', async () => {
    const { tab } = openTab();
    const { observer, unsubscribe } = await show(tab, tom);
    await tab.clearImageCache();
    unsubscribe();
    await turn();
    expect(observer.getSnapshot()).toEqual(nothingYet);
    watch(observer);
    await reaches(observer, 'loaded');
  });

  test('is retried from memory where another call was luckier', async () => {
    const { tab, network, asked } = openTab();
    network.holds = true;
    const observer = tab.observe(tom.record);
    const { told } = watch(observer);
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    asked[0]?.answer(Uint8Array.of(2));
    await reaches(observer, 'error');
    network.holds = false;
    await tab.getImage(tom.record);
    observer.retry();
    expect(told.map(({ status }) => status)).toEqual(['error', 'loaded']);
  });

  test('without anybody who subscribes is looked into again by the next snapshot', async () => {
    const { tab } = openTab();
    await tab.prefetchImages([tom.record]);
    const observer = tab.observe(tom.record);
    observer.getSnapshot();
    await tab.clearImageCache();
    expect(codeOf(observer)).toBe('CACHE_CLEARED');
    observer.retry();
    expect(observer.getSnapshot()).toEqual(nothingYet);
  });

  test('of the browser is one of ours, with its cause', async () => {
    const { tab } = openTab();
    const cause = new TypeError('there are no URLs here');
    const spy = vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
      throw cause;
    });
    onTestFinished(() => spy.mockRestore());
    const observer = tab.observe(tom.record);
    watch(observer);
    await reaches(observer, 'error');
    expect(observer.getSnapshot().error).toMatchObject({ code: 'SHOW_FAILED', cause });
    expect(codeOf(tab.observe(tom.record)), 'from memory').toBe('SHOW_FAILED');
    spy.mockRestore();
    observer.retry();
    await reaches(observer, 'loaded');
  });

  test('of a subscriber is logged, and hurts no other', async () => {
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { tab } = openTab({ logger });
    const observer = tab.observe(tom.record);
    observer.subscribe(() => {
      throw new TypeError('no element');
    });
    const { told } = watch(observer);
    await reaches(observer, 'loaded');
    expect(told).toHaveLength(1);
    expect(logger.error).toHaveBeenCalledWith('[pixstore] A subscriber threw TypeError: no element');
  });
});

describe('a newer version', () => {
  test('that another call brings is shown, told of once, and the URL of the older freed afterwards', async () => {
    const onImageLoad = vi.fn();
    const { tab } = openTab({ onImageLoad });
    const { observer, told, url } = await show(tab, tom);
    const other = await show(tab, rex);
    const wasOpen: boolean[] = [];
    observer.subscribe(() => queueMicrotask(() => wasOpen.push(isOpen(url))));
    await tab.prefetchImages([newerTom.record]);
    expect(told).toEqual([{ status: 'loaded', url: expect.any(String), source: 'network' }]);
    expect(await bytesOf(resolveObjectURL(urlOf(observer)) as Blob)).toEqual(newerTom.bytes);
    expect(wasOpen, 'the page changes in a microtask').toEqual([true]);
    expect(isOpen(url)).toBe(false);
    expect(onImageLoad).toHaveBeenLastCalledWith(expect.objectContaining({ id: 'cats:tom', token: 2000 }));
    expect(onImageLoad).toHaveBeenCalledTimes(3);
    expect(other.told).toEqual([]);
  });

  test('that an endpoint answers with is shown, and counts once', async () => {
    const onImageLoad = vi.fn();
    const { tab, network, asked } = openTab({ onImageLoad });
    network.holds = true;
    const observer = tab.observe(tom.record);
    const { told } = watch(observer);
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    asked[0]?.answer(newerTom.updated);
    await reaches(observer, 'loaded');
    await turn();
    expect(told).toMatchObject([{ status: 'loaded', source: 'network' }]);
    expect(await bytesOf(resolveObjectURL(urlOf(observer)) as Blob)).toEqual(newerTom.bytes);
    expect(onImageLoad.mock.calls).toMatchObject([[{ token: 2000, source: 'network' }]]);
  });

  test('that comes while an older one is waited for ends the wait', async () => {
    const { tab, network, asked } = openTab();
    network.holds = true;
    const observer = tab.observe(tom.record);
    watch(observer);
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    const newer = tab.getImage(newerTom.record);
    await vi.waitFor(() => expect(asked).toHaveLength(2), { interval: 1 });
    asked[1]?.answer();
    await newer;
    expect(await bytesOf(resolveObjectURL(urlOf(observer)) as Blob)).toEqual(newerTom.bytes);
    expect(asked[0]?.signal?.aborted).toBe(true);
  });

  test('is never followed by an older one', async () => {
    const { tab } = openTab();
    const { observer, told } = await show(tab, newerTom);
    await tab.getImage(tom.record);
    expect(told).toEqual([]);
    await tab.getImage(newestTom.record);
    expect(await bytesOf(resolveObjectURL(urlOf(observer)) as Blob)).toEqual(newestTom.bytes);
  });

  test('that the browser cannot show is the failure of the observer, not of the call that brought it', async () => {
    const { tab } = openTab();
    const { observer } = await show(tab, tom);
    const spy = vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
      throw new TypeError();
    });
    onTestFinished(() => spy.mockRestore());
    expect(await tab.getImage(newerTom.record)).toBeInstanceOf(Blob);
    expect(codeOf(observer)).toBe('SHOW_FAILED');
  });
});

/** A tab, and the one in which something happens: itself, or another. */
function openTabs(where: string) {
  const site = openTab();
  return { ...site, other: where === 'in another tab' ? site.openTab() : site.tab };
}

describe.each(['in the same tab', 'in another tab'])('a logout %s', (where) => {
  test('leaves nothing but an error to those that show, wait or failed', async () => {
    const { tab, other, asked, network } = openTabs(where);
    const shown = await show(tab, tom);
    const drawn = tab.observe(tom.record);
    drawn.getSnapshot();
    const unknown = tab.observe({ ...tom.record, id: 'cats:unknown' });
    watch(unknown);
    await reaches(unknown, 'error');
    network.holds = true;
    const loading = tab.observe(rex.record);
    const { told } = watch(loading);
    await vi.waitFor(() => expect(asked).toHaveLength(3), { interval: 1 });
    await other.clearImageCache();
    await reaches(loading, 'error');
    asked[2]?.answer();
    await turn();
    const observers = [shown.observer, drawn, unknown, loading];
    expect(observers.map(codeOf)).toEqual(Array(4).fill('CACHE_CLEARED'));
    expect([shown.told, told].map((snapshots) => snapshots.length)).toEqual([1, 1]);
    expect(isOpen(shown.url)).toBe(false);
    expect(asked[2]?.signal?.aborted).toBe(true);
    expect(getLastPixstoreError()).toBeNull();
  });

  test('is told of when it is done: who retries asks for whoever is logged in now', async () => {
    const { tab, other, asked } = openTabs(where);
    const { observer } = await show(tab, tom);
    observer.subscribe(({ error }) => error && observer.retry());
    await other.clearImageCache();
    await vi.waitFor(() => expect(asked).toHaveLength(2), { interval: 1 });
    await reaches(observer, 'loaded');
  });

  test('with keepShown changes nothing, for those that wait neither', async () => {
    const { tab, other, asked, network } = openTabs(where);
    const { observer, told, url } = await show(tab, tom);
    network.holds = true;
    const loading = tab.observe(rex.record);
    watch(loading);
    await vi.waitFor(() => expect(asked).toHaveLength(2), { interval: 1 });
    await other.clearImageCache({ keepShown: true });
    await vi.waitFor(async () => expect((await tab.cacheStats())?.memory.entries).toBe(0), { interval: 1 });
    asked[1]?.answer();
    await reaches(loading, 'loaded');
    expect(told).toEqual([]);
    expect([url, urlOf(observer), urlOf(loading)].map(isOpen)).toEqual([true, true, true]);
    expect(urlOf(observer)).toBe(url);
    await other.clearImageCache();
    await reaches(loading, 'error');
    expect(codeOf(observer)).toBe('CACHE_CLEARED');
  });
});

describe.each(['in the same tab', 'in another tab'])('a deletion %s', (where) => {
  test('has the image, and its variants, fetched anew, from the network', async () => {
    const { tab, other, disk, asked } = openTabs(where);
    const [image, variant, another] = [await show(tab, tom), await show(tab, thumb), await show(tab, rex)];
    await eventually(disk).toContain('rex');
    await other.deleteCachedImage('cats:tom');
    await vi.waitFor(() => expect(image.told).toHaveLength(2), { interval: 1 });
    await vi.waitFor(() => expect(variant.told).toHaveLength(2), { interval: 1 });
    for (const { told } of [image, variant]) {
      expect(told).toEqual([nothingYet, { status: 'loaded', url: expect.any(String), source: 'network' }]);
    }
    expect([image.url, variant.url].map(isOpen)).toEqual([false, false]);
    expect(isOpen(urlOf(image.observer))).toBe(true);
    expect(another.told).toEqual([]);
    expect(asked).toHaveLength(5);
  });

  test('of a variant leaves the image', async () => {
    const { tab, other } = openTabs(where);
    const [image, variant] = [await show(tab, tom), await show(tab, thumb)];
    await other.deleteCachedImage('cats:tom.thumb');
    await vi.waitFor(() => expect(variant.told).toHaveLength(2), { interval: 1 });
    expect(image.told).toEqual([]);
  });

  test('of an image that the backend has no more ends in its error', async () => {
    const { tab, other, network, asked } = openTabs(where);
    const { observer, told } = await show(tab, tom);
    network.holds = true;
    await other.deleteCachedImage('cats:tom');
    await vi.waitFor(() => expect(asked).toHaveLength(2), { interval: 1 });
    asked[1]?.answer(Uint8Array.of(2));
    await reaches(observer, 'error');
    expect(told).toMatchObject([nothingYet, { status: 'error', error: { code: 'IMAGE_NOT_FOUND' } }]);
  });

  test('is not followed by what was asked for before it', async () => {
    const { tab, other, network, asked } = openTabs(where);
    network.holds = true;
    const observer = tab.observe(tom.record);
    const { told } = watch(observer);
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    await other.deleteCachedImage('cats:tom');
    await vi.waitFor(() => expect(asked).toHaveLength(2), { interval: 1 });
    expect(asked[0]?.signal?.aborted).toBe(true);
    asked[0]?.answer();
    await turn();
    expect(told).toEqual([]);
    asked[1]?.answer();
    await reaches(observer, 'loaded');
  });

  test('leaves nothing of what was only drawn, and asks for nothing', async () => {
    const { tab, other, asked } = openTabs(where);
    await tab.prefetchImages([tom.record]);
    const observer = tab.observe(tom.record);
    const url = urlOf(observer);
    await other.deleteCachedImage('cats:tom');
    await eventually(() => isOpen(url)).toBe(false);
    await turn();
    expect(observer.getSnapshot()).toEqual(nothingYet);
    expect(asked).toHaveLength(1);
  });
});

test('a deletion is waited for until the disk is rid of the image', async () => {
  const { tab, disk } = openTab();
  const { told } = await show(tab, tom);
  await eventually(disk).toContain('tom');
  // The first attempt fails; then the whole database has to go, which takes its time.
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
    throw new DOMException('', 'UnknownError');
  });
  onTestFinished(() => spy.mockRestore());
  await tab.deleteCachedImage('cats:tom');
  await vi.waitFor(() => expect(told).toHaveLength(2), { interval: 1 });
  expect(told).toMatchObject([nothingYet, { source: 'network' }]);
});

test('a deletion that the disk refuses is followed by the network all the same', async () => {
  const { tab, disk } = openTab();
  const { observer, told } = await show(tab, tom);
  await eventually(disk).toContain('tom');
  const refuse = (): never => {
    throw new DOMException('', 'UnknownError');
  };
  const spies = [
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(refuse),
    vi.spyOn(indexedDB, 'deleteDatabase').mockImplementation(refuse),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  await expect(tab.deleteCachedImage('cats:tom')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await reaches(observer, 'loaded');
  expect(told).toMatchObject([nothingYet, { source: 'network' }]);
});

describe('a frontend that is closed', () => {
  test('shows nothing any more, and says so', async () => {
    const { tab, asked } = openTab();
    const { observer, told, url } = await show(tab, tom);
    tab.close();
    expect(codeOf(observer)).toBe('FRONTEND_CLOSED');
    expect(told).toHaveLength(1);
    expect(isOpen(url)).toBe(false);
    observer.retry();
    expect(codeOf(observer)).toBe('FRONTEND_CLOSED');
    expect(asked).toHaveLength(1);
  });

  test('observes nothing, and says so', () => {
    const { tab } = openTab();
    tab.close();
    const observer = tab.observe(tom.record);
    expect(codeOf(observer)).toBe('FRONTEND_CLOSED');
    watch(observer);
    expect(codeOf(observer)).toBe('FRONTEND_CLOSED');
  });
});

test('the functions of an observer, and observe, need no this', async () => {
  const { tab } = openTab();
  const { observe } = tab;
  const { subscribe, getSnapshot, retry, release } = observe(tom.record);
  subscribe(() => {});
  await vi.waitFor(() => expect(getSnapshot().status).toBe('loaded'), { interval: 1 });
  retry();
  release();
});
