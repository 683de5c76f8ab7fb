import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { versionOf } from '../../src/testing/versions.js';
import { copyingPlace, expectWhole, save } from './support/copies.js';

const family = (id: string, token: number) => versionOf(id, token, 3_000, ['one', 'two', 'three']);

describe('a backup', () => {
  test('of images with variants that are updated all the time is made, also when their session has ended', async () => {
    const here = await copyingPlace();
    here.clock.now = Date.now(); // as that of the copy, when it is looked at
    const first = here.open();
    const ids = Array.from({ length: 60 }, (_, i) => `id${i}`);
    for (const id of ids) await first.put(family(id, 1_000), null);
    await first.close(); // its session has ended
    const store = here.open();
    let going = true;
    const updating = (async () => {
      for (let token = 1_001; going; token += 1) for (const id of ids) await store.put(family(id, token), token - 1);
    })();
    const problems = [];
    for (let i = 0; i < 5; i += 1) {
      try {
        await store.backup?.(here.path(`backup${i}`));
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    going = false;
    await updating;
    await store.close();
    expect(problems).toEqual([]);
  });

  test('made twice at once into one folder: one is made, whole', async () => {
    const here = await copyingPlace();
    const store = here.open();
    const ids = Array.from({ length: 200 }, (_, i) => `id${i}`);
    await save(store, ...ids);
    for (let round = 0; round < 10; round += 1) {
      const name = `backup${round}`;
      const outcomes = await Promise.allSettled(
        [0, 1].map(async (n) => {
          for (let i = 0; i < n * round; i += 1) await new Promise(setImmediate);
          return store.backup?.(here.path(name));
        }),
      );
      expect(
        outcomes.filter(({ status }) => status === 'fulfilled').length,
        `${round}: ${outcomes.map((o) => (o.status === 'rejected' ? `${o.reason.message} ${o.reason.cause}` : 'ok'))}`,
      ).toBe(1);
      const copy = here.open(`${name}/pixstore.sqlite`, here.path(`${name}/images`));
      await expectWhole(copy, ...ids);
      await copy.close();
    }
    await store.close();
  });

  test('leaves a folder of somebody else that has the name of its draft', async () => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a');
    mkdirSync(here.path('backup.partial'));
    writeFileSync(here.path('backup.partial/mine'), 'mine');
    await store.backup?.(here.path('backup')).catch(() => {});
    expect(existsSync(here.path('backup.partial/mine'))).toBe(true);
    await store.close();
  });

  test('whose draft would be the folder of images: nothing is lost', async () => {
    const here = await copyingPlace();
    const store = here.open('db.sqlite', here.path('images.partial'));
    await save(store, 'a', 'b');
    await store.backup?.(here.path('images')).catch(() => {});
    await expectWhole(store, 'a', 'b');
    await store.close();
  });

  const changes: [string, string][] = [
    ['an iv of 40 bytes', "UPDATE parts SET iv = zeroblob(40) WHERE id = 'a'"],
    ['a file elsewhere', "UPDATE parts SET file = '../../secret' WHERE id = 'a'"],
    ['an id that is none', "UPDATE parts SET id = 'no id' WHERE id = 'a'"],
    ['an id that is none, and file elsewhere', "UPDATE parts SET id = 'no id', file = 'x' WHERE id = 'a'"],
    ['a size of 2^60', "UPDATE parts SET size = 1152921504606846976 WHERE id = 'a'"],
    ['a wrong size', "UPDATE parts SET size = 17 WHERE id = 'a'"],
    ['a token below 0', "UPDATE parts SET token = -1 WHERE id = 'a'"],
    ['a session that is none', "INSERT INTO sessions VALUES ('../..', 0, 0)"],
    ['a file given up elsewhere', "INSERT INTO given_up_blobs VALUES ('../../secret')"],
    ['a count of images that is none', "UPDATE counters SET value = -1 WHERE name = 'images'"],
    ['a count of bytes that is none', "UPDATE counters SET value = 9007199254740993 WHERE name = 'bytes'"],
    ['a count of commits that is none', "UPDATE counters SET value = -7 WHERE name = 'commits'"],
    ['a removed token that is none', "INSERT OR REPLACE INTO counters VALUES ('last_removed_token', 9007199254740993)"],
    ['a master key that is none', "INSERT INTO master_keys VALUES ('../x')"],
    [
      'the file of another row, twice removed',
      "UPDATE parts SET file = substr(file, 1, 17) || '00000000000000000000000000000000' WHERE id = 'a'",
    ],
  ];
  test.each(changes)('of a database with %s keeps all the others', async (_, sql) => {
    const here = await copyingPlace();
    const store = here.open();
    await save(store, 'a', 'b', 'c');
    here.onDatabase('db.sqlite', sql);
    const report = await store.backup?.(here.path('backup')).catch((error: Error & { code: string }) => error);
    const steps: Record<string, string> = {
      backup: report instanceof Error ? `${(report as never as { code: string }).code}` : 'ok',
    };
    const step = async (name: string, work: () => unknown) => {
      try {
        await work();
        steps[name] = 'ok';
      } catch (error) {
        steps[name] = String((error as { code: string }).code);
      }
    };
    await step('readB', () => expectWhole(store, 'b'));
    await step('save', () => save(store, 'new'));
    await step('removeC', () => store.remove('c'));
    await step('removeA', () => store.remove('a'));
    await step('check', () => store.check());
    await step('sweep', () => here.sweepForDays(store));
    await step('health', () => store.health?.());
    await step('close', () => store.close());
    await step('open', () => here.open().close());
    expect(steps.backup, JSON.stringify(steps)).toBe('ok');
  });
});
