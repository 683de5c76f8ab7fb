import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPart, versionOf } from '../../src/testing/versions.js';
import { copyingPlace, expectWhole, large, save } from './support/copies.js';
import { canMount, mountDisk } from './support/mounts.js';
import { quickFolder } from './support/quick-folder.js';

// Every test: whatever an older copy of a database does without adopt, the newer one still has its images.

const later = Array.from({ length: 20 }, (_, index) => `later${index}`);

/** The copy is put into the file of the database, sweeps for days, and makes way for the latest again. */
async function expectNothingLost(here: Awaited<ReturnType<typeof copyingPlace>>, ...ids: string[]): Promise<void> {
  copyFileSync(here.path('db.sqlite'), here.path('latest.sqlite'));
  here.putBack('copy.sqlite');
  const old = here.open();
  await here.sweepForDays(old);
  await old.close();
  here.putBack('latest.sqlite');
  const latest = here.open();
  await expectWhole(latest, ...ids);
  await latest.close();
}

describe('an older copy put into the very file', () => {
  test('after another process of two had closed last: progress never goes down', async () => {
    const here = await copyingPlace();
    const idle = here.open();
    const busy = here.open();
    await idle.put(versionOf('small1', 1_000, 100), null);
    await idle.put(versionOf('small2', 1_000, 100), null);
    await save(busy, 'c');
    here.copyDatabase('copy.sqlite');
    await save(busy, ...later);
    await busy.close(); // notes the latest
    await idle.close(); // and this one what it did long ago
    await expectNothingLost(here, 'c', ...later);
  });

  test('after a burst and a kill', async () => {
    const here = await copyingPlace();
    const dist = new URL('../../dist/', import.meta.url);
    const program = `
      const { openLocalStore } = await import(${JSON.stringify(String(new URL('stores/local/local-store.js', dist)))});
      const { findDriver } = await import(${JSON.stringify(String(new URL('stores/local/driver.js', dist)))});
      const { versionOf } = await import(${JSON.stringify(String(new URL('testing/versions.js', dist)))});
      const store = openLocalStore({ databasePath: ${JSON.stringify(here.path('db.sqlite'))}, imageRootDir: ${JSON.stringify(here.images)}, inlineUpTo: 1000, now: () => 1_000_000 });
      for (const id of ['a', 'b']) await store.put(versionOf(id, 1000, 3000), null);
      findDriver()(${JSON.stringify(here.path('db.sqlite'))}).prepare('VACUUM INTO ?').run(${JSON.stringify(here.path('copy.sqlite'))});
      for (let i = 0; i < 20; i += 1) await store.put(versionOf('later' + i, 1000, 3000), null);
      process.kill(process.pid, 'SIGKILL');`;
    spawnSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    here.onDatabase('db.sqlite', 'PRAGMA wal_checkpoint(TRUNCATE)');
    await expectNothingLost(here, 'a', 'b', ...later);
  });
});

describe.skipIf(!canMount)('a copy on a volume of its own, made block by block', () => {
  // A snapshot of a disk has the same file numbers as the disk.
  async function twoVolumes() {
    const base = await quickFolder();
    const volumes = ['v1', 'v2'].map((name) => join(base, name));
    for (const volume of volumes) mountDisk(volume);
    return { base, volumes: volumes as [string, string] };
  }

  test.each([
    ['updates', true],
    ['only saves and sweeps', false],
  ])('before the folder of a store that runs on, %s: neither loses what it names', async (_, updates) => {
    const { base, volumes } = await twoVolumes();
    const here = await copyingPlace(base);
    const first = here.open('v1/db.sqlite');
    await save(first, 'a', 'b');
    here.onDatabase('v1/db.sqlite', 'PRAGMA wal_checkpoint(TRUNCATE)');
    copyFileSync(join(volumes[0], 'db.sqlite'), join(volumes[1], 'db.sqlite'));
    expect(statSync(join(volumes[1], 'db.sqlite')).ino).toBe(statSync(join(volumes[0], 'db.sqlite')).ino);
    await save(first, 'c', 'd'); // in the session that both know
    const copy = here.open('v2/db.sqlite');
    for (let i = 0; i < 5; i += 1) await copy.put(large(`x${i}`), null);
    if (!updates) await here.sweepForDays(copy);
    if (updates) await copy.put(large('a', 2_000), 1_000);
    await expectWhole(first, 'a', 'b', ...(updates ? [] : ['c', 'd']));
    await first.close();
    await copy.close();
  });
});

describe('a folder put back from a backup, before the database that went on', () => {
  test('keeps what only the database of the backup names', async () => {
    const here = await copyingPlace();
    const first = here.open();
    await save(first, 'a', 'b');
    await first.backup?.(here.path('backup'));
    await first.put(large('a', 2_000), 1_000);
    await first.put(large('c', 2_000), null);
    await first.close();
    renameSync(here.images, here.path('broken'));
    cpSync(here.path('backup/images'), here.images, { recursive: true });
    const latest = here.open(); // the images were lost, the database was not
    await here.sweepForDays(latest);
    await latest.close();
    const backup = here.open('backup/pixstore.sqlite');
    await expectWhole(backup, 'a', 'b');
    await backup.close();
  });
});

describe('two copies that are adopted', () => {
  test('at the same moment: only one of them is', async () => {
    const here = await copyingPlace();
    const one = here.open();
    await save(one, 'a', 'b', 'c');
    here.copyDatabase('copy.sqlite');
    const two = here.open('copy.sqlite');
    await Promise.all([one.adopt?.(), two.adopt?.()]);
    const outcomes = await Promise.allSettled([one.put(large('a', 2_000), 1_000), two.put(large('b', 2_000), 1_000)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
    await one.close();
    await two.close();
  });
});

describe('a database of schema 1 and an older copy of it', () => {
  test.each([['older first'], ['newer first']])(
    'with many images more, %s: the copy removes nothing',
    async (order) => {
      const here = await copyingPlace();
      const fixture = join(import.meta.dirname, '../fixtures/schema-1');
      cpSync(join(fixture, 'images'), here.images, { recursive: true });
      copyFileSync(join(fixture, 'images.sqlite'), here.path('old.sqlite'));
      copyFileSync(join(fixture, 'images.sqlite'), here.path('new.sqlite'));
      const { findDriver } = await import('../../src/stores/local/driver.js');
      const database = findDriver()(here.path('new.sqlite'));
      const [row] = database.prepare('SELECT * FROM parts WHERE file IS NOT NULL').all() as [Record<string, string>];
      const insert = database.prepare(
        'INSERT INTO parts (id, token, size, iv, tag, sealed_key, file) VALUES (?, ?, ?, ?, ?, ?, ?)',
      );
      database.exec('BEGIN');
      for (let i = 0; i < 1_100; i += 1) {
        // The names that come before that of the image that both have, as nine of ten do for one in a hundred thousand.
        const file = `00/${i.toString(16).padStart(32, '0')}`;
        mkdirSync(join(here.images, '00'), { recursive: true });
        copyFileSync(join(here.images, row.file as string), join(here.images, file));
        insert.run(
          `new${i}`,
          row.token as string,
          row.size as string,
          row.iv as string,
          row.tag as string,
          row.sealed_key as string,
          file,
        );
      }
      database.exec('COMMIT');
      database.close();
      const names = order === 'older first' ? ['old.sqlite', 'new.sqlite'] : ['new.sqlite', 'old.sqlite'];
      for (const name of names) await here.open(name).close();
      const old = here.open('old.sqlite');
      const [id] = [row.id as string];
      await old.remove(id);
      await old.close();
      const latest = here.open('new.sqlite');
      expect((await readPart(latest, id))?.ciphertext.length).toBe(Number(row.size));
      await latest.close();
    },
  );
});
