import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDiskCache, type DiskCache } from '../../../../src/frontend/cache/disk-cache.js';
import type { FrontendOptions } from '../../../../src/frontend/face/config.js';
import { contents, diskOptions, rowsOf, useIdle, usePageEvents } from './disk.js';

// The disk cache against plain Maps, under random commands: what was written is there, in its newest version and no
// other, until it is removed, alone or with its image, or evicted as the least recently used.

interface Kept {
  token: number;
  size: number;
  lastUsed: number;
}

interface Model {
  /** What must be on disk. */
  disk: Map<string, Kept>;
  /** What waits to be written: an image, or that one was used. */
  waiting: Map<string, Kept & { isImage: boolean }>;
  /** The newest versions that this page has seen. */
  newest: Map<string, number>;
  /** Something was to be written since the page last had nothing to do. */
  isStirred: boolean;
}

interface Real {
  disk: DiskCache;
  options: FrontendOptions;
  clock: { time: number };
  idle: <Seen>(look: () => Seen) => Seen;
  leave: (event: 'pagehide' | 'visibilitychange') => void;
}

type Command = fc.AsyncCommand<Model, Real>;

const limits = { frontendImageCacheLimit: 4, frontendCleanupBatch: 2, frontendCacheBytes: 200 };

/** A command by its name and what it does; every one takes a moment. */
function command(name: string, run: (model: Model, real: Real) => Promise<void> | void): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      real.clock.time += 1;
      await run(model, real);
    },
    toString: () => name,
  };
}

/** As when an image is shown: looked for, and written when it is not there. */
const show = (id: string, token: number, size: number) =>
  command(`show ${id} ${token} (${size} bytes)`, async (model, { disk, clock }) => {
    const waits = model.waiting.get(id);
    const stored = model.disk.get(id);
    const waitsInThisVersion = waits?.isImage && waits.token === token;
    const found = waitsInThisVersion ? waits : stored;
    const isHit = found?.token === token;
    const read = await disk.read(id, token);
    if (isHit) expect(read).toEqual({ is: 'ciphertext', bytes: contents(found.size).ciphertext });
    else expect(read).toBeUndefined();

    const add = (entry: Kept & { isImage: boolean }) => {
      if ((model.newest.get(id) ?? 0) > entry.token) return;
      model.newest.set(id, entry.token);
      model.isStirred = true;
      model.waiting.set(id, entry);
    };
    const lastUsed = clock.time;
    if (found) add({ token: found.token, size: found.size, isImage: Boolean(waitsInThisVersion), lastUsed });
    if (isHit) return;
    disk.write(id, token, contents(size));
    if (size <= limits.frontendCacheBytes) add({ token, size, lastUsed, isImage: true });
  });

const has = (id: string) =>
  command(`has ${id}`, async (model, { disk }) => {
    expect(await disk.has(id)).toBe(model.disk.has(id) || Boolean(model.waiting.get(id)?.isImage));
  });

const remove = (id: string) =>
  command(`remove ${id}`, async (model, { disk }) => {
    const meant = ids.filter((part) => part === id || part.split('.')[0] === id);
    expect(await disk.remove(id)).toBe(meant.some((part) => model.disk.has(part) || model.waiting.has(part)));
    for (const map of mapsOf(model)) for (const part of meant) map.delete(part);
  });

const clear = command('clear', async (model, { disk }) => {
  await disk.clear(() => {});
  for (const map of mapsOf(model)) map.clear();
});

/** The page has nothing to do, until everything is written and evicted. */
const settle = command('settle', (model, real) => {
  flush(model);
  if (model.isStirred) evict(model.disk);
  model.isStirred = false;
  return expectOnDisk(model, real);
});

const leave = command('leave', async (model, real) => {
  flush(model, true);
  real.leave('pagehide');
  expect(Object.keys(await onDisk(real)).sort()).toEqual([...model.disk.keys()].sort());
});

const reload = command('reload', async (model, real) => {
  flush(model, true);
  model.waiting.clear();
  model.newest.clear();
  model.isStirred = false;
  real.disk.close();
  real.disk = createDiskCache(real.options);
  expect(await onDisk(real)).toEqual(Object.fromEntries(model.disk));
});

function flush({ disk, waiting }: Model, isLast = false): void {
  for (const [id, { isImage, ...entry }] of waiting) {
    const kept = disk.get(id);
    if (isImage ? isLast || !(kept && kept.token > entry.token) : kept?.token === entry.token) disk.set(id, entry);
  }
  if (!isLast) waiting.clear();
}

function evict(disk: Model['disk']): void {
  const ids = [...disk.keys()].sort((a, b) => at(disk, a) - at(disk, b) || (a < b ? -1 : 1));
  let bytes = [...disk.values()].reduce((sum, { size }) => sum + size, 0);
  const { frontendImageCacheLimit: most, frontendCleanupBatch: batch, frontendCacheBytes: mostBytes } = limits;
  const images = disk.size > most ? disk.size - Math.ceil((disk.size - most) / batch) * batch : disk.size;
  const goal = bytes > mostBytes ? mostBytes * 0.9 : bytes;
  for (const id of ids) {
    if (disk.size <= images && bytes <= goal) break;
    bytes -= disk.get(id)?.size ?? 0;
    disk.delete(id);
  }
}

const mapsOf = ({ disk, waiting, newest }: Model) => [disk, waiting, newest];

const at = (disk: Model['disk'], id: string) => disk.get(id)?.lastUsed ?? 0;

async function onDisk({ options }: Real): Promise<Record<string, Kept>> {
  const rows = await rowsOf(options.frontendDbName, 'images-usage');
  const images = await rowsOf(options.frontendDbName, 'images');
  expect(images.map(({ id, token, size }) => [id, token, size])).toEqual(
    rows.map(({ id, token, size }) => [id, token, size]),
  );
  return Object.fromEntries(rows.map(({ id, ...kept }) => [String(id), kept as unknown as Kept]));
}

async function expectOnDisk(model: Model, real: Real): Promise<void> {
  await expect
    .poll(() => real.idle(() => onDisk(real)), { interval: 1, timeout: 10_000 })
    .toEqual(Object.fromEntries(model.disk));
  const sizes = [...model.disk.values()].map(({ size }) => size);
  expect(await real.disk.usage()).toEqual({ entries: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) });
}

// Two images with variants, and what begins like them.
const ids = ['a', 'a.s', 'a.t', 'a-t', 'at', 'b:a', 'b:a.s', 'b:a.t'];
const id = fc.constantFrom(...ids);
const token = fc.integer({ min: 1, max: 3 });
const size = fc.constantFrom(0, 10, 60, 250);

test('the disk cache does what a Map would do', async () => {
  const idle = useIdle();
  const leavePage = usePageEvents();
  const commands = fc.commands(
    [
      fc.tuple(id, token, size).map((image) => show(...image)),
      fc.tuple(id, token, size).map((image) => show(...image)),
      fc.tuple(id, token, size).map((image) => show(...image)),
      id.map(has),
      id.map(remove),
      fc.constant(clear),
      fc.constant(settle),
      fc.constant(settle),
      fc.constant(leave),
      fc.constant(reload),
    ],
    { maxCommands: 60, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (commands) => {
      const { clock, options } = diskOptions(limits);
      const real: Real = { disk: createDiskCache(options), options, clock, idle, leave: leavePage };
      await real.disk.has('a'); // opens the database
      try {
        const model = { disk: new Map(), waiting: new Map(), newest: new Map(), isStirred: false };
        await fc.asyncModelRun(() => ({ model, real }), [...commands, settle]);
      } finally {
        real.disk.close();
      }
    }),
    { numRuns: 100 },
  );
}, 300_000);
