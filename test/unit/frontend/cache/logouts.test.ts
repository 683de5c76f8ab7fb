import { expect, onTestFinished, test, vi } from 'vitest';
import { createDiskCache } from '../../../../src/frontend/cache/disk-cache.js';
import { contents, databaseNames, diskOptions, eventually, idsOf, rowsOf, useIdle, usePageEvents } from './disk.js';

/** Two tabs that tell each other nothing: of one the logout is missed. */
function openTabs() {
  const { clock, options } = diskOptions();
  const onMissed = vi.fn();
  const [tab, other] = [createDiskCache(options, onMissed), createDiskCache(options)];
  onTestFinished(() => {
    tab.close();
    other.close();
  });
  const name = options.frontendDbName;
  return { tab, other, clock, options, onMissed, name, ids: () => idsOf(name) };
}

test('a cleared cache holds nothing but the number of the logout, which grows also when the clock goes back', async () => {
  const { tab, clock, name } = openTabs();
  tab.write('a', 1, contents(10));
  await eventually(() => idsOf(name)).toBe('a');
  const numbers: number[] = [];
  for (const time of [5000, 5000, 10]) {
    clock.time = time;
    await tab.clear((number) => numbers.push(number));
    expect(await rowsOf(name, 'images-logouts')).toEqual([{ id: numbers.at(-1), isLatest: 1 }]);
    expect([...(await rowsOf(name, 'images')), ...(await rowsOf(name, 'images-usage'))]).toEqual([]);
  }
  expect(numbers).toEqual([5000, 5001, 5002]);
});

test('what is from before a logout that was missed is dropped inside its transaction, and what comes after is written', async () => {
  const idle = useIdle();
  const { tab, other, onMissed, ids } = openTabs();
  await tab.read('a', 1);
  tab.write('a', 1, contents(10));
  await other.clear(() => {});
  await eventually(() => idle(() => onMissed.mock.calls.length)).toBe(1);
  expect(await ids()).toBe('');
  tab.write('b', 1, contents(10));
  await eventually(() => idle(ids)).toBe('b');
  expect(onMissed).toHaveBeenCalledTimes(1);
});

test.each(['before', 'after'])('a logout whose transaction comes %s that of a write leaves nothing', async (order) => {
  const idle = useIdle();
  const { tab, other, ids, onMissed } = openTabs();
  await Promise.all([tab.read('a', 1), other.read('a', 1)]);
  for (const id of 'abc') tab.write(id, 1, contents(10));
  // In the very moment in which the writing transaction was begun, or before it is.
  const { transaction } = IDBDatabase.prototype;
  let cleared: Promise<void> | undefined;
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...given) {
    const isWrite = given[1] === 'readwrite' && !cleared;
    const clear = () => {
      cleared = Promise.resolve();
      cleared = other.clear(() => {});
    };
    if (isWrite && order === 'before') clear();
    const begun = transaction.apply(this, given);
    if (isWrite && order === 'after') clear();
    return begun;
  });
  onTestFinished(() => spy.mockRestore());
  await eventually(() => idle(() => cleared !== undefined)).toBe(true);
  await cleared;
  expect(await ids()).toBe('');
  await tab.look();
  expect(onMissed).toHaveBeenCalledTimes(1);
  expect(await ids()).toBe('');
});

test.each(['pagehide', 'visibilitychange'] as const)(
  'what a page writes on %s, when it can ask nothing, is not written after a logout that was missed',
  async (event) => {
    useIdle();
    const leave = usePageEvents();
    const { tab, other, ids, onMissed, name } = openTabs();
    await tab.read('a', 1);
    tab.write('a', 1, contents(10));
    other.write('b', 1, contents(10));
    await other.clear(() => {});
    leave(event);
    await tab.look();
    expect(await ids()).toBe('');
    expect(onMissed).toHaveBeenCalledTimes(1);
    // The database is in order: it was the write that was refused.
    expect(await rowsOf(name, 'images-logouts')).toHaveLength(1);
    tab.write('c', 1, contents(10));
    leave(event);
    await eventually(ids).toContain('c');
  },
);

test('times of use from before a logout that was missed leave no trace', async () => {
  const idle = useIdle();
  const { tab, other, ids, name, onMissed } = openTabs();
  tab.write('a', 1, contents(10));
  await eventually(() => idle(ids)).toBe('a');
  await tab.read('a', 1);
  await other.clear(() => {});
  await eventually(() => idle(() => onMissed.mock.calls.length)).toBe(1);
  expect(await rowsOf(name, 'images-usage')).toEqual([]);
});

test('a tab that was told finishes the logout of one that did not come to it, and misses nothing', async () => {
  const idle = useIdle();
  const { tab, other, clock, ids, onMissed, name } = openTabs();
  tab.write('a', 1, contents(10));
  await eventually(() => idle(ids)).toBe('a');
  const number = 5000;
  await tab.finishLogout(number);
  expect(await ids()).toBe('');
  tab.write('b', 1, contents(10));
  await eventually(() => idle(ids)).toBe('b');
  await tab.finishLogout(number); // told twice
  expect(await ids()).toBe('b');
  clock.time = number;
  await other.clear((logout) => expect(logout).toBe(number));
  expect(await rowsOf(name, 'images-logouts')).toEqual([{ id: number, isLatest: 1 }]);
  expect(onMissed).not.toHaveBeenCalled();
});

test('a logout of before this tab was opened is none that it missed', async () => {
  const idle = useIdle();
  const { other, options, ids } = openTabs();
  await other.clear(() => {});
  const onMissed = vi.fn();
  const late = createDiskCache(options, onMissed);
  onTestFinished(() => late.close());
  late.write('a', 1, contents(10));
  await eventually(() => idle(ids)).toBe('a');
  expect(onMissed).not.toHaveBeenCalled();
});

test('after a logout a database that is deleted and made anew is written to again', async () => {
  const idle = useIdle();
  const { tab, name, ids, onMissed } = openTabs();
  let number = 0;
  await tab.clear((logout) => {
    number = logout;
  });
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(name).onsuccess = resolve;
  });
  await eventually(databaseNames).not.toContain(name);
  tab.write('a', 1, contents(10));
  await eventually(() => idle(ids)).toBe('a');
  expect(await rowsOf(name, 'images-logouts')).toEqual([{ id: number, isLatest: 1 }]);
  expect(onMissed).not.toHaveBeenCalled();
});
