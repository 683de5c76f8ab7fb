import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPixstoreBackend } from '../../src/backend/face/backend.js';
import type { Command } from '../../src/stores/local/commands.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { toPartRows } from '../../src/stores/local/row.js';
import { openDatabase } from '../../src/stores/local/schema.js';
import { createWalEraser } from '../../src/stores/local/wal-eraser.js';
import { prepareWrites } from '../../src/stores/local/writes.js';
import type { ImageStore, ImageVersion } from '../../src/stores/port.js';
import { toRowVersion } from '../../src/stores/split/put.js';
import { bytesOf, sizes, versionOf } from '../../src/testing/versions.js';
import { smallPicture } from '../support/small-picture.js';
import { quickFolder } from './support/quick-folder.js';
import { createRandom } from './support/random.mjs';

const databaseName = 'images.sqlite';

/** Is any piece of these bytes in the database or a file beside it? */
function isOnDisk(folder: string, bytes: Uint8Array): boolean {
  const files = readdirSync(folder).filter((name) => name.startsWith(databaseName));
  const content = Buffer.concat(files.map((name) => readFileSync(join(folder, name))));
  const pieces = [0, 16, 32, 48].map((start) => bytes.subarray(start, start + 16));
  return pieces.some((piece) => content.includes(Buffer.from(piece)));
}

const openHere = (folder: string) =>
  openLocalStore({
    databasePath: join(folder, databaseName),
    imageRootDir: join(folder, 'images'),
    writer: 'inline',
  });

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
  [
    'sealing a key anew',
    doomed,
    async (store) => (await store.reseal([{ id: 'doomed', token: 1_000, sealedKey: otherKey }])) === 1,
  ],
];

describe('keys that are no more', () => {
  test.each(endings)('%s leaves nothing of the old sealed key, once the store is closed', async (_, version, end) => {
    const folder = await quickFolder();
    const store = openHere(folder);
    // Among others, so that its page is not simply given up.
    for (let index = 0; index < 20; index += 1) await store.put(versionOf(`neighbour${index}`, 900, 200), null);
    await store.put(version, null);
    expect(isOnDisk(folder, keyOf(version))).toBe(true);
    expect(await end(store)).toBe(true);
    await store.close();
    expect(isOnDisk(folder, keyOf(version))).toBe(false);
  });

  test('among thousands of all sizes leave next to nothing in the database, and nothing in a backup', async () => {
    const folder = await quickFolder();
    const store = openHere(folder);
    const random = createRandom(1);
    const versions = Array.from({ length: 3_000 }, (_, index) =>
      versionOf(`i${random.below(1_000_000)}-${index}`, 1_000, random.pick([40, 200, 700, 1_100, 3_000, 9_000])),
    );
    await Promise.all(versions.map((version) => store.put(version, null)));
    const ended: ImageVersion[] = [];
    for (const [index, version] of versions.entries()) {
      if (index % 3 === 0) await store.remove(version.id);
      else if (index % 3 === 1) await store.put(versionOf(version.id, 2_000, random.below(1_200)), 1_000);
      else continue;
      ended.push(version);
    }
    await store.backup?.(join(folder, 'backup'));
    await store.close();
    const left = (content: Buffer) => ended.filter((version) => content.includes(Buffer.from(keyOf(version)))).length;
    // SQLite overwrites a row that goes, but not what it left behind when it moved rows from page to page.
    const inDatabase = left(readFileSync(join(folder, databaseName)));
    console.log(`keys that are no more: ${ended.length}, found in the database: ${inDatabase}`);
    expect(inDatabase).toBeLessThan(ended.length / 400);
    expect(left(readFileSync(join(folder, 'backup', 'pixstore.sqlite')))).toBe(0);
  });
});

/** The writer's connection with an eraser whose timer is wound by hand. */
async function openEraser() {
  const folder = await quickFolder();
  const open = () => openDatabase(findDriver(), join(folder, databaseName), 5_000);
  const database = open();
  const runBatch = prepareWrites(database);
  const scheduled: (() => void)[] = [];
  const schedule = (work: () => void, delay: number) => {
    expect(delay).toBeLessThan(1_000);
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
    const { id, token } = version;
    const rows = toPartRows(toRowVersion(version));
    write({ kind: 'replace', id, token, expectedToken, rows });
  };
  return { folder, open, database, scheduled, write, put };
}

describe('the write-ahead log', () => {
  const changes: [string, (eraser: Awaited<ReturnType<typeof openEraser>>) => void][] = [
    ['a removal', ({ write }) => write({ kind: 'remove', id: 'doomed' })],
    ['an update', ({ put }) => put(next, 1_000)],
    [
      'a resealing',
      ({ write }) => write({ kind: 'reseal', keys: [{ id: 'doomed', token: 1_000, sealedKey: otherKey }] }),
    ],
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

  test('is cleared by the next try, when SQLite refuses whatever it is told', async () => {
    const { folder, database, scheduled, put, write } = await openEraser();
    put(doomed, null);
    write({ kind: 'remove', id: 'doomed' });
    const { exec } = database;
    database.exec = () => {
      throw new Error('the test failed');
    };
    scheduled[0]?.(); // in a timer, where what is thrown ends the process
    database.exec = exec;
    expect(scheduled).toHaveLength(2);
    scheduled[1]?.();
    expect(isOnDisk(folder, keyOf(doomed))).toBe(false);
    database.close();
  });

  test('is cleared in a backend that goes on saving and serving', async () => {
    const folder = await quickFolder();
    const backend = createPixstoreBackend({
      databasePath: join(folder, databaseName),
      imageRootDir: join(folder, 'images'),
      masterKey: Buffer.alloc(32, 7).toString('hex'),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
    });
    onTestFinished(() => backend.close());
    const database = findDriver()(join(folder, databaseName));
    const sealedKeys = () =>
      database
        .prepare('SELECT sealed_key FROM parts')
        .all()
        .map((row) => row.sealed_key as Uint8Array);
    const logLength = () => statSync(join(folder, `${databaseName}-wal`)).size;
    const ids = ['deleted', 'updated'];
    for (const id of ids) await backend.saveImage(smallPicture(), { id });
    const old = sealedKeys();
    database.close();
    expect(old.map((key) => isOnDisk(folder, key))).toEqual([true, true]);
    await backend.deleteImage('deleted');
    await backend.updateImage('updated', smallPicture());
    let longest = 0;
    while (old.some((key) => isOnDisk(folder, key))) {
      longest = Math.max(longest, logLength());
      await nextTurn(); // as requests come: timers have theirs in between
      const record = await backend.saveImage(smallPicture());
      backend.getImageRecord(record?.id as string);
      await backend.customEndpointHelper(record?.id, record?.token, record?.statelessProof);
    }
    // It was cut, not written over from its beginning, which happens only when it is long.
    expect(logLength()).toBeLessThan(longest);
  });

  test('is cleared so soon after the first change also when others follow without end', async () => {
    const { folder, database, scheduled, put, write } = await openEraser();
    put(doomed, null);
    write({ kind: 'remove', id: 'doomed' });
    for (let token = 2_000; token < 2_050; token += 1) {
      put(versionOf('busy', token, 300), token === 2_000 ? null : token - 1);
      // Nobody starts the wait anew.
      expect(scheduled).toHaveLength(1);
    }
    scheduled[0]?.();
    expect(isOnDisk(folder, keyOf(doomed))).toBe(false);
    put(versionOf('busy', 3_000, 300), 2_049);
    expect(scheduled).toHaveLength(2);
    database.close();
  });

  test('that a killed process left is cleared when the store is opened', async () => {
    const { folder, database, put, write } = await openEraser();
    put(doomed, null);
    write({ kind: 'remove', id: 'doomed' });
    const killed = await quickFolder();
    for (const name of readdirSync(folder)) {
      if (name.startsWith(databaseName)) writeFileSync(join(killed, name), readFileSync(join(folder, name)));
    }
    database.close();
    expect(isOnDisk(killed, keyOf(doomed))).toBe(true);
    const store = openHere(killed);
    expect(isOnDisk(killed, keyOf(doomed))).toBe(false);
    await store.close();
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
