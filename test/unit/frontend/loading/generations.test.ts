import 'fake-indexeddb/auto';
import { resolveObjectURL } from 'node:buffer';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import type { ObservableFrontend } from '../../../../src/frontend/face/public-api.js';
import { getLastPixstoreError } from '../../../../src/shared/errors/last-error.js';
import type { ImageFetcher, ImageRecord } from '../../../../src/types/index.js';
import { eventually, idsOf, rowsOf, useIdle, usePageEvents } from '../cache/disk.js';
import { sealImage } from '../sealed-image.js';

// Whatever was asked for before a logout belongs to the time before it. Frontends of one database are tabs of one site.

const images = await Promise.all(Array.from({ length: 100 }, (_, at) => sealImage({ id: `cats:tom${at}` })));
const records = images.map(({ record }) => record);
const [first = expect.fail(), second = expect.fail(), third = expect.fail()] = records;
const payloads = new Map(images.map(({ record, success }) => [record.id, success]));
const cleared = { code: 'CACHE_CLEARED' };
let sites = 0;

/** A site and what its tabs ask the network for; answers come when the test says so, or at once. */
function openSite() {
  const frontendDbName = `logout-${sites++}`;
  const asked: { id: string; signal: AbortSignal | undefined; answer(payload?: Uint8Array): void }[] = [];
  const network = { holds: false };
  const fetcher: ImageFetcher = ({ id }, _context, options) =>
    new Promise((resolve) => {
      const answer = (payload = payloads.get(id)) => resolve(payload ?? Uint8Array.of(2));
      asked.push({ id, signal: options?.signal, answer });
      if (!network.holds) answer();
    });
  return {
    network,
    asked,
    openTab(config: FrontendConfig = {}): ObservableFrontend {
      const frontend = createPixstoreFrontend({ frontendDbName, errorHandlingMode: 'throw', ...config }, fetcher);
      onTestFinished(() => frontend.close());
      return frontend;
    },
    disk: () => idsOf(frontendDbName),
    usage: () => rowsOf(frontendDbName, 'images-usage'),
  };
}

const isOpen = (url = '') => resolveObjectURL(url) !== undefined;

/** Once what is asked for afterwards is on disk, what was asked for before would be there too. */
async function expectNothingKept(tab: ObservableFrontend, { network, asked, disk }: ReturnType<typeof openSite>) {
  network.holds = false;
  for (const { answer } of asked) answer();
  await tab.getImage(records[99] as ImageRecord);
  await eventually(disk).toContain('tom99');
  expect(await disk()).toBe('cats:tom99');
  expect((await tab.cacheStats())?.memory.entries).toBe(1);
}

describe.each(['in the same tab', 'in another tab'])('a logout %s', (where) => {
  function openTabs(config?: FrontendConfig) {
    const site = openSite();
    const tab = site.openTab(config);
    return { ...site, site, tab, other: where === 'in another tab' ? site.openTab() : tab };
  }

  test('ends calls under way, with a code of their own, and their requests', async () => {
    const { tab, other, site, asked, network } = openTabs();
    network.holds = true;
    const calls = [tab.getImage(first), tab.getImages([second, third]), tab.getImageUrl(first)];
    const ended = Promise.allSettled([...calls, tab.prefetchImages(records.slice(3, 90))]);
    await vi.waitFor(() => expect(asked).toHaveLength(3 + 32));
    await other.clearImageCache();
    for (const outcome of await ended) expect(outcome).toMatchObject({ status: 'rejected', reason: cleared });
    expect(asked.every(({ signal }) => signal?.aborted)).toBe(true);
    await expectNothingKept(tab, site);
    expect(
      asked.map(({ id }) => id),
      'what the prefetch had not come to',
    ).not.toContain('cats:tom60');
  });

  test('ends them as the error mode says', async () => {
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { tab, other, asked, network } = openTabs({ errorHandlingMode: 'hybrid', logger });
    network.holds = true;
    const calls = [tab.getImage(first), tab.getImages([second]), tab.getImageUrl(third)];
    await vi.waitFor(() => expect(asked).toHaveLength(3));
    await other.clearImageCache();
    expect(await Promise.all(calls)).toEqual([null, [null], null]);
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('CACHE_CLEARED'));
  });

  test('revokes URLs that are shown; releasing one of them later takes nothing from the next', async () => {
    const { tab, other } = openTabs();
    const shown = await tab.getImageUrl(first);
    expect(isOpen(shown?.url)).toBe(true);
    await other.clearImageCache();
    await eventually(() => isOpen(shown?.url)).toBe(false);
    const again = await tab.getImageUrl(first);
    shown?.release();
    expect(isOpen(again?.url)).toBe(true);
    expect((await tab.getImageUrl(first))?.url).toBe(again?.url);
  });

  test('with keepShown lets URLs and calls live, and keeps nothing of them', async () => {
    const { tab, other, site, asked, network } = openTabs();
    const shown = await tab.getImageUrl(first);
    network.holds = true;
    const calls = [tab.getImage(second), tab.getImageUrl(third)];
    const prefetch = tab.prefetchImages(records.slice(3, 90));
    await vi.waitFor(() => expect(asked).toHaveLength(3 + 32));
    await other.clearImageCache({ keepShown: true });
    await vi.waitFor(async () => expect((await tab.cacheStats())?.memory.entries).toBe(0));
    for (const { answer } of asked) answer();
    const [image, url] = await Promise.all(calls);
    expect(image).toBeInstanceOf(Blob);
    expect([shown, url].map((one) => isOpen((one as { url: string }).url))).toEqual([true, true]);
    await prefetch;
    await expectNothingKept(tab, site);
    expect(
      asked.map(({ id }) => id),
      'nothing of it would be kept',
    ).not.toContain('cats:tom60');
  });

  test('leaves nothing in memory and on disk of what was there, nor of what waited to be written', async () => {
    const { tab, other, site, disk, usage } = openTabs();
    await tab.getImage(first);
    await eventually(disk).toBe(first.id);
    await tab.getImages([first, second]); // a time of use and an image wait
    await other.clearImageCache();
    await vi.waitFor(async () => expect(await tab.cachedImageExists(second.id)).toBe(false));
    await expectNothingKept(tab, site);
    expect((await usage()).map(({ id }) => id)).toEqual(['cats:tom99']);
  });

  test('gives who comes next Blobs of their own', async () => {
    const { tab, other } = openTabs();
    const before = await tab.getImage(first);
    await other.clearImageCache();
    await vi.waitFor(async () => expect(await tab.cachedImageExists(first.id)).toBe(false));
    expect(await tab.getImage(first)).not.toBe(before);
  });

  test('keeps fresh records from going over to who logs in next', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const questions: [ids: string[], context: unknown][] = [];
    const expired = { ...first, statelessProof: 'expired' };
    const refreshRecords = async (ids: string[], context: unknown) => {
      questions.push([ids, context]);
      return [first];
    };
    const config = { frontendDbName: `logout-${sites++}`, errorHandlingMode: 'throw', refreshRecords } as const;
    const fetched: string[] = [];
    const fetcher: ImageFetcher = async ({ statelessProof }) => {
      fetched.push(statelessProof);
      return statelessProof === 'expired' ? Uint8Array.of(5) : (payloads.get(first.id) as Uint8Array);
    };
    const tab = createPixstoreFrontend(config, fetcher);
    const other = where === 'in another tab' ? createPixstoreFrontend(config, fetcher) : tab;
    onTestFinished(() => {
      tab.close();
      other.close();
    });
    const before = expect(tab.getImage(expired, 'ada')).rejects.toMatchObject(cleared);
    // The time does not pass in which the application would be asked.
    while (fetched.length === 0) await new Promise(setImmediate);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    await other.clearImageCache();
    await before;
    const after = tab.getImage(expired, 'grace');
    while (fetched.length < 3) {
      await new Promise(setImmediate);
      vi.advanceTimersByTime(20);
    }
    expect(await after).toBeInstanceOf(Blob);
    expect(questions).toEqual([[[first.id], 'grace']]);
    expect(fetched, 'what was known of a proof is forgotten').toEqual(['expired', 'expired', 'proof']);
  });
});

test('a picture that waits for its turn to be shown is not shown', async () => {
  const { openTab } = openSite();
  const tab = openTab();
  await tab.prefetchImages([first]);
  const shown = Promise.allSettled([tab.getImage(first), tab.getImageUrl(first)]); // only the Blob is missing
  void tab.clearImageCache();
  for (const outcome of await shown) expect(outcome).toMatchObject({ reason: cleared });
});

test('with keepShown, and then for good: what went on ends too', async () => {
  const { asked, network, openTab } = openSite();
  const tab = openTab();
  const shown = await tab.getImageUrl(first);
  network.holds = true;
  const ended = expect(tab.getImage(second)).rejects.toMatchObject(cleared);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await tab.clearImageCache({ keepShown: true });
  await tab.clearImageCache();
  await ended;
  expect(isOpen(shown?.url)).toBe(false);
});

test('forgets the last error, whose cause may name what was asked for', async () => {
  const { openTab } = openSite();
  const tab = openTab();
  await expect(tab.getImage({ ...first, id: 'cats:gone' })).rejects.toThrow();
  expect(getLastPixstoreError()).not.toBeNull();
  await tab.clearImageCache();
  expect(getLastPixstoreError()).toBeNull();
});

test.each([null, new Event('click'), { keepShown: 'no' }])(
  '%o handed to clearImageCache keeps nothing',
  async (given) => {
    const { openTab } = openSite();
    const tab = openTab();
    const shown = await tab.getImageUrl(first);
    await tab.clearImageCache(given as never);
    expect(isOpen(shown?.url)).toBe(false);
  },
);

describe('a logout that a tab is not told of', () => {
  /** Tabs in a browser without BroadcastChannel. */
  function openTabs() {
    vi.stubGlobal('BroadcastChannel', undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    const site = openSite();
    return { ...site, site, tab: site.openTab(), other: site.openTab() };
  }

  test('shows when it comes to write: then it ends what is from before', async () => {
    const { tab, other, site, disk, asked, network } = openTabs();
    const shown = await tab.getImageUrl(first);
    await eventually(disk).toBe(first.id);
    network.holds = true;
    const late = tab.getImage(second);
    const ended = expect(tab.getImage(third)).rejects.toMatchObject(cleared);
    await vi.waitFor(() => expect(asked).toHaveLength(3));
    await other.clearImageCache();
    asked[1]?.answer();
    expect(await late, 'nobody knows yet').toBeInstanceOf(Blob);
    await ended;
    expect(isOpen(shown?.url)).toBe(false);
    await expectNothingKept(tab, site);
  });

  test.each([
    ['comes back from the back/forward cache', 'pageshow'],
    ['is looked at again', 'visibilitychange'],
  ] as const)('shows when its page %s', async (_, event) => {
    const dispatch = usePageEvents();
    const { tab, other, site, asked, network } = openTabs();
    const shown = await tab.getImageUrl(first);
    network.holds = true;
    const ended = expect(tab.getImage(second)).rejects.toMatchObject(cleared);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    await other.clearImageCache();
    vi.stubGlobal('document', { visibilityState: 'visible' });
    dispatch(event);
    await ended;
    expect(isOpen(shown?.url)).toBe(false);
    await expectNothingKept(tab, site);
  });

  test('and that never was: a page that comes back shows on', async () => {
    const dispatch = usePageEvents();
    const { tab, other } = openTabs();
    const shown = await tab.getImageUrl(first);
    await other.deleteCachedImage(first.id);
    dispatch('pageshow');
    await tab.cacheStats();
    expect(isOpen(shown?.url)).toBe(true);
  });

  test('is taken for granted by a page that comes back where nobody can tell', async () => {
    const dispatch = usePageEvents();
    vi.stubGlobal('indexedDB', undefined);
    const { tab } = openTabs();
    const shown = await tab.getImageUrl(first);
    dispatch('pageshow');
    await eventually(() => isOpen(shown?.url)).toBe(false);
  });
});

test('deleting one image leaves URLs and calls alive, and nothing of it is cached, in the other tab neither', async () => {
  const site = openSite();
  const { asked, network, openTab } = site;
  const [tab, other] = [openTab(), openTab()];
  const shown = await tab.getImageUrl(first);
  network.holds = true;
  const calls = [tab, other].map((one) => one.getImage(second));
  await vi.waitFor(() => expect(asked).toHaveLength(3));
  await tab.deleteCachedImage(first.id);
  await tab.deleteCachedImage(second.id);
  await vi.waitFor(async () => expect(await other.cachedImageExists(first.id)).toBe(false));
  for (const { answer } of asked) answer();
  expect(await Promise.all(calls)).toEqual([expect.any(Blob), expect.any(Blob)]);
  expect(isOpen(shown?.url)).toBe(true);
  await expectNothingKept(tab, site);
});

test('closing keeps nothing of what is on its way', async () => {
  const site = openSite();
  const { asked, network, openTab } = site;
  const tab = openTab();
  network.holds = true;
  const call = tab.getImage(first);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  tab.close();
  asked[0]?.answer();
  expect(await call).toBeInstanceOf(Blob);
  await expectNothingKept(openTab(), site);
});

test('what waited when the page went to sleep is not written after it woke up: it slept through all logouts', async () => {
  const dispatch = usePageEvents();
  const idle = useIdle();
  const { record, success } = await sealImage();
  const frontend = createPixstoreFrontend(
    { errorHandlingMode: 'throw', frontendMemoryCacheBytes: 0 },
    async () => success,
  );
  onTestFinished(() => frontend.close());
  await frontend.getImage(record);
  expect(await frontend.cachedImageExists(record.id)).toBe(true);
  dispatch('pageshow');
  idle(() => undefined);
  expect(await frontend.cachedImageExists(record.id)).toBe(false);
  expect(await frontend.cacheStats()).toMatchObject({ disk: { entries: 0 } });
});
