import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/backend/storage/local/commands.js';
import { findDriver } from '../../src/backend/storage/local/driver.js';
import { openLocalStore } from '../../src/backend/storage/local/local-store.js';
import { toPartRows } from '../../src/backend/storage/local/row.js';
import { openDatabase } from '../../src/backend/storage/local/schema.js';
import { createWalEraser } from '../../src/backend/storage/local/wal-eraser.js';
import { prepareWrites } from '../../src/backend/storage/local/writes.js';
import type { ImageStore, ImageVersion } from '../../src/backend/storage/port.js';
import { bytesOf, sizes, versionOf } from '../../src/testing/versions.js';
import { quickFolder } from './support/quick-folder.js';

const databaseName = 'images.sqlite';

/** Is any piece of these bytes in the database or a file beside it? */
function isOnDisk(folder: string, bytes: Uint8Array): boolean {
  const files = readdirSync(folder).filter((name) => name.startsWith(databaseName));
  const content = Buffer.concat(files.map((name) => readFileSync(join(folder, name))));
  const pieces = [0, 16, 32, 48].map((start) => bytes.subarray(start, start + 16));
  return pieces.some((piece) => content.includes(Buffer.from(piece)));
}

const keyOf = ({ parts }: ImageVersion) => parts[0]?.sealedKey as Uint8Array;

const doomed = versionOf('doomed', 1_000, sizes.small);
const doomedLarge = versionOf('doomed', 1_000, sizes.large);
const next = versionOf('doomed', 1_001, sizes.small);
const otherKey = bytesOf('sealed by another master key', 69);

const endings: [string, ImageVersion, (store: ImageStore) => Promise<boolean>][] = [
  ['deleting a small image', doomed, (store) => store.remove('doomed')],
  ['deleting a large image', doomedLarge, (store) => store.remove('doomed')],
  ['updating a small image', doomed, (store) => store.put(next, 1_000)],
  ['updating a large image', doomedLarge, (store) => store.put(next, 1_000)],
  ['sealing a key anew', doomed, (store) => store.reseal('doomed', 1_000, otherKey)],
];

describe('keys that are no more', () => {
  test.each(endings)('%s leaves nothing of the old sealed key, once the store is closed', async (_, version, end) => {
    const folder = await quickFolder();
    const store = openLocalStore({
      databasePath: join(folder, databaseName),
      imageRootDir: join(folder, 'images'),
      writer: 'inline',
    });
    // Among others, so that its page is not simply given up.
    for (let index = 0; index < 20; index += 1) await store.put(versionOf(`neighbour${index}`, 900, 200), null);
    await store.put(version, null);
    expect(isOnDisk(folder, keyOf(version))).toBe(true);
    expect(await end(store)).toBe(true);
    await store.close();
    expect(isOnDisk(folder, keyOf(version))).toBe(false);
  });
});

/** The writer's connection with an eraser whose timer is wound by hand. */
async function openEraser() {
  const folder = await quickFolder();
  const open = () => openDatabase(findDriver(), join(folder, databaseName), 5_000);
  const database = open();
  const runBatch = prepareWrites(database);
  const scheduled: (() => void)[] = [];
  const schedule = (work: () => void) => {
    scheduled.push(work);
    return setTimeout(() => {}, 0);
  };
  const eraser = createWalEraser(database, schedule as unknown as typeof setTimeout);
  const write = (command: Command) => {
    const outcomes = runBatch([command]);
    eraser.note([command]);
    expect(outcomes).toMatchObject([{ kind: 'done' }]);
  };
  const put = (version: ImageVersion, expectedToken: number | null) => {
    const { id, token, parts } = version;
    const rows = toPartRows(
      version,
      parts.map(() => null),
    );
    write({ kind: 'replace', id, token, expectedToken, rows });
  };
  return { folder, open, database, scheduled, write, put };
}

describe('the write-ahead log', () => {
  const changes: [string, (eraser: Awaited<ReturnType<typeof openEraser>>) => void][] = [
    ['a removal', ({ write }) => write({ kind: 'remove', id: 'doomed' })],
    ['an update', ({ put }) => put(next, 1_000)],
    ['a resealing', ({ write }) => write({ kind: 'reseal', id: 'doomed', token: 1_000, sealedKey: otherKey })],
  ];

  test.each(changes)('is cleared soon after %s, while the store stays open', async (_, change) => {
    const eraser = await openEraser();
    const { folder, database, scheduled, put } = eraser;
    put(doomed, null);
    expect(scheduled).toHaveLength(0);
    change(eraser);
    expect(isOnDisk(folder, keyOf(doomed))).toBe(true);
    expect(scheduled).toHaveLength(1);
    scheduled[0]?.();
    expect(isOnDisk(folder, keyOf(doomed))).toBe(false);
    expect(scheduled).toHaveLength(1);
    database.close();
  });

  test('is cleared later when somebody still reads it, and nobody waits for that', async () => {
    const { folder, open, database, scheduled, put, write } = await openEraser();
    put(doomed, null);
    const reader = open();
    reader.exec('BEGIN');
    expect(reader.prepare('SELECT id FROM parts').all()).toHaveLength(1);
    write({ kind: 'remove', id: 'doomed' });

    const start = performance.now();
    scheduled[0]?.();
    expect(performance.now() - start).toBeLessThan(2_500); // the lock would be waited for twice as long
    expect(scheduled).toHaveLength(2);
    expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 5_000 });

    reader.exec('COMMIT');
    reader.close();
    scheduled[1]?.();
    expect(isOnDisk(folder, keyOf(doomed))).toBe(false);
    database.close();
  });
});
