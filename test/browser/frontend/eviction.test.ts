import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { photo } from '../harness/backend.js';
import { eventually, openTab, startFrontend, useWorld } from '../harness/world.js';

const world = useWorld();
const records: Record<string, ImageRecord> = {};

beforeAll(async () => {
  const bytes = await photo('brick.webp');
  for (const id of 'abcdefgh') records[id] = await world.backend.save(bytes, id);
});

/** Gets images one after the other, each on disk before the next. */
async function get(tab: Page, ids: string): Promise<void> {
  for (const id of ids) {
    await tab.evaluate((record) => helpers.get(record), world.backend.record(id));
    await eventually(() => tab.evaluate(() => helpers.cachedIds())).toContain(id);
  }
}

const onDisk = async (tab: Page) => (await tab.evaluate(() => helpers.cachedIds())).join('');

test('past the limit the least recently used images go, one batch of them', async () => {
  const tab = await openTab(world, {
    frontendImageCacheLimit: 5,
    frontendCleanupBatch: 3,
    frontendMemoryCacheBytes: 0,
  });
  await get(tab, 'abcde');
  expect(await onDisk(tab)).toBe('abcde');
  await get(tab, 'a'); // a hit: now b, c and d are the oldest
  await eventually(() => lastUsed(tab)).toBe('bcdea');
  await get(tab, 'f');
  await eventually(() => onDisk(tab)).toBe('aef');
  expect(await lastUsed(tab)).toBe('eaf');
});

test('a cache far over its limit gets under it, and the newest stay', async () => {
  const tab = await openTab(world, { frontendImageCacheLimit: 100 });
  await get(tab, 'abcdefg');
  await tab.reload();
  await startFrontend(world, tab, { frontendImageCacheLimit: 3, frontendCleanupBatch: 2 });
  await get(tab, 'h');
  await eventually(() => onDisk(tab)).toBe('gh');
});

test('eviction reads no image, and a hit rewrites none', async () => {
  const tab = await openTab(world, {
    frontendImageCacheLimit: 3,
    frontendCleanupBatch: 1,
    frontendMemoryCacheBytes: 0,
  });
  await get(tab, 'abc');
  await tab.evaluate(() => {
    const calls: string[] = [];
    Object.assign(globalThis, { calls });
    for (const prototype of [IDBObjectStore.prototype, IDBIndex.prototype]) {
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
        if (typeof method !== 'function' || name === 'constructor') continue;
        Object.defineProperty(prototype, name, {
          value(this: IDBObjectStore, ...args: unknown[]) {
            calls.push(`${this.name}.${name}`);
            return method.apply(this, args);
          },
        });
      }
    }
  });
  const calls = () => tab.evaluate(() => (globalThis as unknown as { calls: string[] }).calls.splice(0));

  await tab.evaluate((record) => helpers.get(record), world.backend.record('a'));
  await eventually(() => tab.evaluate(() => (globalThis as unknown as { calls: string[] }).calls)).toContain(
    'images-usage.put',
  );
  expect((await calls()).filter((call) => call.startsWith('images.'))).toEqual(['images.get']);

  await tab.evaluate((record) => helpers.get(record), world.backend.record('d'));
  await eventually(() => tab.evaluate(() => (globalThis as unknown as { calls: string[] }).calls)).toContain(
    'images.delete',
  );
  expect((await calls()).filter((call) => call.startsWith('images.'))).toEqual([
    'images.get',
    'images.put',
    'images.delete',
  ]);
  expect(await onDisk(tab)).toBe('acd');
});

/** The ids, least recently used first. */
async function lastUsed(tab: Page): Promise<string> {
  const rows = (await tab.evaluate(() => helpers.readAll()))['images-usage'] ?? [];
  return rows
    .sort((one, other) => Number(one.lastUsed) - Number(other.lastUsed))
    .map(({ id }) => id)
    .join('');
}
