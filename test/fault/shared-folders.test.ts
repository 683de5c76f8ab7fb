import { copyFileSync, cpSync, existsSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import fs from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import { filesIn } from '../support/blobs.js';
import { failure } from '../support/errors.js';
import { copyingPlace, day, expectWhole, large, save } from './support/copies.js';
import { quickFolder } from './support/quick-folder.js';

/** As files have it: what is saved here is new. */
async function place() {
  const here = await copyingPlace();
  here.clock.now = Date.now();
  return here;
}

describe('a folder of several stores', () => {
  test('keeps what each of them has, whoever sweeps', async () => {
    const { open, images, sweepForDays } = await place();
    const [one, two] = [open('one.sqlite'), open('two.sqlite')];
    await save(one, 'a', 'b');
    await save(two, 'a', 'c');
    for (const store of [one, two]) await sweepForDays(store);
    await expectWhole(one, 'a', 'b');
    await expectWhole(two, 'a', 'c');
    expect(await one.remove('a')).toBe(true);
    await expectWhole(two, 'a', 'c');
    expect(filesIn(images)).toHaveLength(3);
    for (const store of [one, two]) {
      expect(await store.check()).toEqual([]);
      expect((await store.health?.())?.status).toBe('ok');
      await store.close();
    }
  });

  test('keeps it also when one of them comes by another path', async () => {
    const { open, path, images, sweepForDays } = await place();
    const one = open('one.sqlite');
    symlinkSync(images, path('link'));
    const two = open('two.sqlite', path('link'));
    await save(one, 'a');
    await save(two, 'b');
    for (const store of [one, two, one]) await sweepForDays(store);
    await expectWhole(one, 'a');
    await expectWhole(two, 'b');
    for (const store of [one, two]) await store.close();
  });

  const fixture = fileURLToPath(new URL('../fixtures/schema-1', import.meta.url));

  test('is taken over from schema 1 without moving a file, also when two stores of it share it', async () => {
    const { images, path, open, warnings, sweepForDays } = await place();
    cpSync(join(fixture, 'images'), images, { recursive: true });
    copyFileSync(join(fixture, 'images.sqlite'), path('one.sqlite'));
    // The second has an image of its own, in a file of its own.
    copyFileSync(path('one.sqlite'), path('two.sqlite'));
    const names = readdirSync(images, { recursive: true }).map(String);
    const name = names.find((each) => /^..\/.{32}$/.test(each)) as string;
    const other = `${name.slice(0, 3)}${'0'.repeat(32)}`;
    copyFileSync(join(images, name), join(images, other));
    const database = findDriver()(path('two.sqlite'));
    database.prepare('UPDATE parts SET file = ? WHERE file = ?').run(other, name);
    database.close();
    for (const database of ['one.sqlite', 'two.sqlite']) {
      const store = open(database);
      await sweepForDays(store);
      expect(await store.sweep({ all: true })).toBe(0);
      expect((await readPart(store, 'photos:panorama'))?.ciphertext.length).toBeGreaterThan(64 * 1024);
      expect((await store.health?.())?.status).toBe('ok');
      await store.close();
    }
    expect(filesIn(images).map((file) => file.slice(images.length + 1))).toEqual(expect.arrayContaining([name, other]));
    const one = open('one.sqlite');
    expect(await one.remove('photos:panorama')).toBe(true);
    expect(existsSync(join(images, name))).toBe(false);
    expect(existsSync(join(images, other))).toBe(true);
    expect(warnings).toEqual([]);
    await one.close();
  });

  test('taken over from schema 1 twice, by a database and its copy: neither removes what both have', async () => {
    const { images, path, open, warnings, sweepForDays } = await place();
    cpSync(join(fixture, 'images'), images, { recursive: true });
    for (const name of ['one.sqlite', 'copy.sqlite']) copyFileSync(join(fixture, 'images.sqlite'), path(name));
    const one = open('one.sqlite');
    expect(warnings).toEqual([]);
    const copy = open('copy.sqlite');
    expect(await copy.remove('photos:panorama')).toBe(true);
    await sweepForDays(copy);
    expect((await readPart(one, 'photos:panorama'))?.ciphertext.length).toBeGreaterThan(64 * 1024);
    expect(await one.remove('photos:panorama')).toBe(true);
    await sweepForDays(one);
    expect(filesIn(images)).toHaveLength(1);
    expect(warnings).toEqual([]);
    for (const store of [one, copy]) await store.close();
  });
});

describe('a database that is not the latest', () => {
  const replacements: [string, (here: { path(name: string): string }) => string][] = [
    ['copied while it was open, and put before the folder', () => 'copy.sqlite'],
    [
      'put back in place of the later one',
      ({ path }) => {
        copyFileSync(path('copy.sqlite'), path('db.sqlite'));
        return 'db.sqlite';
      },
    ],
    [
      'put where the later one was',
      ({ path }) => {
        renameSync(path('db.sqlite'), path('later.sqlite'));
        renameSync(path('copy.sqlite'), path('db.sqlite'));
        return 'db.sqlite';
      },
    ],
  ];

  test.each(replacements)('%s, serves and saves, and removes nothing', async (_, replace) => {
    const here = await place();
    const { open, images, warnings, copyDatabase, sweepForDays } = here;
    const first = open();
    await save(first, 'before', 'updated', 'removed');
    copyDatabase('copy.sqlite');
    await save(first, 'after');
    await first.put(large('updated', 1_001), 1_000);
    await first.close();
    const kept = filesIn(images);

    const name = replace(here);
    const old = open(name);
    expect(warnings.join()).toContain('adopt');
    expect(await old.check()).toContainEqual(expect.objectContaining({ kind: 'not-adopted' }));
    expect((await old.health?.())?.status).toBe('degraded');
    await expectWhole(old, 'before', 'removed');
    await save(old, 'new');
    expect(await old.remove('removed')).toBe(true);
    await old.put(large('before', 2_000), 1_000);
    await sweepForDays(old);
    expect(await old.sweep({ all: true })).toBe(0);
    expect(filesIn(images)).toEqual(expect.arrayContaining(kept));
    await old.close();

    const again = open(name);
    await sweepForDays(again);
    expect(filesIn(images)).toEqual(expect.arrayContaining(kept));
    await again.close();
  });

  test('was copied when nothing more was saved: the copy removes nothing that the first still has', async () => {
    const { open, copyDatabase, sweepForDays } = await place();
    const first = open();
    await save(first, 'one', 'two');
    copyDatabase('copy.sqlite');
    const copy = open('copy.sqlite');
    await copy.remove('one');
    await copy.put(large('two', 1_001), 1_000);
    await sweepForDays(copy);
    await expectWhole(first, 'one', 'two');
    for (const store of [first, copy]) await store.close();
  });

  test('comes from another machine where more was saved than here, and removes nothing', async () => {
    const [here, there] = [await place(), await place()];
    const first = here.open();
    await save(first, 'one');
    await first.close();
    cpSync(here.folder, there.folder, { recursive: true });
    const second = there.open();
    for (let number = 0; number < 30; number += 1) await second.put(versionOf(`s${number}`, 1_000, 10), null);
    await second.close();
    const again = here.open();
    await save(again, 'only-here');
    await again.close();
    copyFileSync(there.path('db.sqlite'), here.path('db.sqlite'));
    const store = here.open();
    expect((await store.health?.())?.status).toBe('degraded');
    expect(await store.remove('one')).toBe(true);
    await here.sweepForDays(store);
    expect(filesIn(here.images)).toHaveLength(2);
    await store.close();
  });

  test('lost what was in its log, and removes nothing', async () => {
    const { open, folder, sweepForDays } = await place();
    const first = open();
    await save(first, 'one');
    await first.close();
    const copied = await quickFolder();
    const second = open();
    await save(second, 'two', 'three');
    cpSync(folder, copied, { recursive: true }); // as it is when the process is killed
    await second.close();
    unlinkSync(join(copied, 'db.sqlite-wal'));
    rmSync(join(copied, 'db.sqlite-shm'));
    const before = filesIn(join(copied, 'images'));
    const store = open(join('..', basename(copied), 'db.sqlite'), join(copied, 'images'));
    await sweepForDays(store);
    expect(filesIn(join(copied, 'images'))).toEqual(before);
    await store.close();
  });

  test('is empty, and removes nothing', async () => {
    const { open, images, sweepForDays } = await place();
    const first = open();
    await save(first, 'one', 'two');
    await first.close();
    const empty = open('empty.sqlite');
    await sweepForDays(empty);
    expect(await empty.sweep({ all: true })).toBe(0);
    await empty.close();
    expect(filesIn(images)).toHaveLength(2);
  });

  test('removes what it does not name once it was adopted, and the later one can change nothing any more', async () => {
    const { open, images, copyDatabase, sweepForDays } = await place();
    const first = open();
    await save(first, 'before');
    copyDatabase('copy.sqlite');
    await save(first, 'after');
    const old = open('copy.sqlite');
    await old.adopt?.();
    expect((await old.health?.())?.status).toBe('ok');
    await failure('STORE_SUPERSEDED', () => first.put(large('late'), null));
    await failure('STORE_SUPERSEDED', () => first.put(versionOf('late', 1_000, 10), null));
    await failure('STORE_SUPERSEDED', () => first.remove('before'));
    expect((await first.health?.())?.status).toBe('failed');
    await expectWhole(first, 'before', 'after');
    await sweepForDays(old);
    await expectWhole(old, 'before');
    expect(filesIn(images)).toHaveLength(1);
    expect(await old.check()).toEqual([]);
    await first.close();
    await old.close();
    const later = open();
    expect((await later.health?.())?.status).toBe('failed');
    await later.close();
  });

  test('when database and folder were both copied is none, and goes on as it was', async () => {
    const { folder, open, clock, warnings } = await place();
    const first = open();
    await save(first, 'one', 'two');
    await first.close();
    const copied = await quickFolder();
    cpSync(folder, copied, { recursive: true });
    const store = openLocalStore({
      databasePath: join(copied, 'db.sqlite'),
      imageRootDir: join(copied, 'images'),
      inlineUpTo: 1_000,
      writer: 'inline',
      now: () => clock.now,
    });
    expect(warnings).toEqual([]);
    await store.remove('one');
    expect(filesIn(join(copied, 'images'))).toHaveLength(1);
    expect((await store.health?.())?.status).toBe('ok');
    await store.close();
  });
});

describe('a writer that slept', () => {
  test('writes again what was swept under it, and nothing is lost', async () => {
    const { open, clock } = await place();
    const [sleeper, sweeper] = [open(), open()];
    await save(sleeper, 'one');
    clock.now += day;
    await sweeper.sweep();
    clock.now -= day; // its own clock stands still
    await save(sleeper, 'two');
    await sleeper.put(large('one', 1_001), 1_000);
    clock.now += day;
    await sweeper.sweep();
    assertStored(await readPart(sweeper, 'one'), large('one', 1_001));
    await expectWhole(sweeper, 'two');
    expect(await sweeper.check()).toEqual([]);
    for (const store of [sleeper, sweeper]) await store.close();
  });

  test('between its file and its row, writes again what was swept meanwhile', async () => {
    const { open, clock, images } = await place();
    const sweeper = open();
    let sleeping = () => Promise.resolve();
    const rename: typeof fs.rename = async (...names) => {
      await fs.rename(...names);
      await sleeping();
    };
    const sleeper = open('db.sqlite', images, { fileSystem: { ...fs, rename } });
    await save(sleeper, 'one');
    for (const id of ['two', 'three']) {
      sleeping = async () => {
        sleeping = () => Promise.resolve();
        clock.now += day;
        expect(await sweeper.sweep()).toBe(1);
        clock.now -= day;
      };
      expect(await sleeper.put(large(id, 1_001), null)).toBe(true);
      await sweeper.remove('one'); // so that the session of the second has nothing else in it
      clock.now += 2 * day;
    }
    for (const id of ['two', 'three']) assertStored(await readPart(sweeper, id), large(id, 1_001));
    expect(filesIn(images)).toHaveLength(2);
    for (const store of [sleeper, sweeper]) await store.close();
  });

  test('of many sweeps while it writes, loses nothing', async () => {
    const { open, clock } = await place();
    const [writer, sweeper] = [open(), open()];
    const ids = Array.from({ length: 60 }, (_, index) => `id${index}`);
    let writing = true;
    const saving = Promise.all(ids.map((id) => save(writer, id))).finally(() => {
      writing = false;
    });
    for (let sweeps = 0; writing && sweeps < 3; sweeps += 1) {
      await new Promise(setImmediate);
      clock.now += day;
      await sweeper.sweep();
    }
    await saving;
    await expectWhole(sweeper, ...ids);
    expect((await sweeper.check()).filter(({ kind }) => kind !== 'leftover')).toEqual([]);
    for (const store of [writer, sweeper]) await store.close();
  });
});
