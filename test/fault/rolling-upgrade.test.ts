import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import type { ImageRecord } from '../../src/types/index.js';
import { expected, placeSchema2, sha256 } from '../support/schema-2.js';
import { makePicture } from './kill/picture.mjs';
import { type Instance, startInstance } from './support/instance.js';
import { quickFolder } from './support/quick-folder.js';

const images = expected.images.filter(({ id }) => !id.includes('.'));
const ids = images.map(({ id }) => id);
const minute = 60_000;
const proofInvalid = 5;
const notFound = 2;
const internalError = 6;

async function place() {
  const folder = await quickFolder();
  placeSchema2(folder);
  return folder;
}

/** The rows of a database, but for those that opening it changes. */
function rowsOf(path: string): Record<string, unknown[]> {
  const database = findDriver()(path);
  const rows = Object.fromEntries(
    ['parts', 'counters', 'sessions', 'given_up_blobs', 'master_keys'].map((table) => [
      table,
      database.prepare(`SELECT * FROM ${table}`).all(),
    ]),
  );
  database.close();
  return rows;
}

const backupsIn = (folder: string) => readdirSync(folder).filter((name) => name.includes('.bak'));

async function open(version: 'old' | 'new', folder: string, options: object = {}): Promise<Instance> {
  const instance = await startInstance(version, folder, options);
  await instance.ask('open');
  return instance;
}

async function expectServed(instance: Instance, records: readonly (ImageRecord | null)[]): Promise<void> {
  for (const [index, { id, token, sha256: hash }] of images.entries()) {
    const record = records[index] as ImageRecord;
    expect(record, id).toMatchObject({ id, token });
    expect(sha256(await instance.image(record)), id).toBe(hash);
  }
}

describe('processes of the last schema and of this one on one store', () => {
  test('while the old ones save, new ones migrate: what was saved is there, what was not is not, and one copy is made', async () => {
    const folder = await place();
    const old = await Promise.all([open('old', folder), open('old', folder)]);
    const latest = await Promise.all([1, 2, 3].map(() => startInstance('new', folder)));
    await Promise.all(old.map((instance, index) => instance.ask('startLoad', `by-${index}`, 4)));
    await Promise.all(old.map(({ until }) => until(20, ({ did }) => did === 'save')));

    await Promise.all(latest.map((instance) => instance.ask('open')));
    await Promise.all(old.map(({ until }) => until(20, ({ did }) => did === 'fail')));
    await Promise.all(old.map((instance) => instance.ask('stopLoad')));

    expect(backupsIn(folder)).toEqual(['images.sqlite.schema-2.bak']);
    const events = old.flatMap((instance) => instance.events);
    const saved = events.filter((event) => event.did === 'save');
    const failed = events.filter((event) => event.did === 'fail');
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['DATABASE_TOO_NEW']));

    const [one, two] = latest as [Instance, Instance];
    for (const { id, name, length } of saved) {
      const [record] = await one.records([id]);
      expect(record, id).not.toBeNull();
      expect(makePicture(name, length).equals(await two.image(record as ImageRecord)), id).toBe(true);
    }
    expect(await one.records(failed.map(({ id }) => id))).toEqual(failed.map(() => null));
    await expectServed(one, await two.records(ids));

    // The copy is of the moment before the change: nobody could save in between.
    const copied = rowsOf(join(folder, backupsIn(folder)[0] as string)).parts as { id: string }[];
    const all = [...expected.images, ...saved].map(({ id }) => id);
    expect(copied.map(({ id }) => id).sort()).toEqual(all.sort());

    const problems = await one.ask<{ kind: string }[]>('check');
    expect(problems.filter(({ kind }) => kind !== 'leftover')).toEqual([]);
  });

  test('from the migration on the old one changes nothing, and says why; what it reads goes on', async () => {
    const folder = await place();
    const old = await open('old', folder);
    await old.ask('save', 'photos', 'before', 'before', 3_000);
    const latest = await open('new', folder);
    const before = rowsOf(join(folder, 'images.sqlite'));

    for (const length of [3_000, 70_000]) {
      expect(await old.failure('save', 'photos', 'late', 'late', length)).toBe('DATABASE_TOO_NEW');
      expect(await old.failure('update', 'plain', 'late', length)).toBe('DATABASE_TOO_NEW');
    }
    expect(await old.failure('remove', 'plain')).toBe('DATABASE_TOO_NEW');
    expect(await old.failure('remove', 'photos:panorama')).toBe('DATABASE_TOO_NEW');
    await old.ask('sweep').catch(() => {});
    expect(rowsOf(join(folder, 'images.sqlite'))).toEqual(before);
    expect(await latest.ask('check')).toEqual([]);

    await expectServed(old, await old.records(ids));
    await latest.ask('save', 'photos', 'later', 'later', 3_000);
    await latest.ask('remove', 'updated');
    expect(await old.ask('exists', 'photos:later')).toBe(true);
    expect(await old.ask('exists', 'updated')).toBe(false);
    // It cannot open what the new one has sealed, and shows nothing else in its place.
    await latest.ask('update', 'plain', 'plain anew', 3_000);
    const [plain] = (await latest.records(['plain'])) as [ImageRecord];
    for (const id of ['plain', 'photos:later']) expect(await old.failure('records', [id])).toBe('SEALED_KEY_INVALID');
    expect(await old.state(plain)).toBe(internalError);
    expect(makePicture('plain anew', 3_000).equals(await latest.image(plain))).toBe(true);

    // Nor does it open the store again.
    expect(await old.failure('close')).toBeNull();
    await old.kill();
    const again = await startInstance('old', folder);
    expect(await again.failure('open')).toBe('DATABASE_TOO_NEW');
    expect(await latest.ask('health')).toEqual({ status: 'ok', problems: [] });
  });

  test('two that erase a folder at once remove it for all, also for an old one', async () => {
    const folder = await place();
    const old = await open('old', folder);
    const [one, two] = [await open('new', folder), await open('new', folder)];
    const records = (await old.records(['photos:panorama', 'plain'])) as [ImageRecord, ImageRecord];
    const removed = await Promise.all([one, two].map((each) => each.ask<number>('erase', 'photos')));
    expect(removed.reduce((sum, count) => sum + count)).toBe(ids.filter((id) => id.startsWith('photos:')).length);
    for (const instance of [old, one, two]) {
      expect(await instance.state(records[0])).toBe(notFound);
      expect(await instance.state(records[1])).toBe(1);
    }
    expect(await one.ask('check')).toEqual([]);
  });

  test.each(['before', 'after'])(
    'for an hour each serves the records of the other, %s the store got keys of its own',
    async (when) => {
      const folder = await place();
      const old = await open('old', folder);
      const latest = await open('new', folder);
      if (when === 'after') await latest.ask('save', 'photos', 'later', 'later', 3_000);
      for (const ahead of [0, 59 * minute]) {
        for (const instance of [old, latest]) await instance.ask('setAhead', ahead);
        await expectServed(latest, await old.records(ids));
        await expectServed(old, await latest.records(ids));
        await expectServed(latest, await latest.records(ids));
      }
      if (when === 'before') return;

      // Then the new one makes proofs that the old one cannot know, and takes those of the old one for two windows more.
      const [kept] = (await old.records(['plain'])) as [ImageRecord];
      for (const instance of [old, latest]) await instance.ask('setAhead', 61 * minute);
      const [known] = (await latest.records(['plain'])) as [ImageRecord];
      expect(await latest.state(known)).toBe(1);
      expect(await old.state(known)).toBe(proofInvalid);
      expect(await latest.state(kept)).toBe(proofInvalid);
    },
  );
});
