import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPixstoreBackend } from '../../src/backend/face/backend.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { createMemoryStore } from '../../src/stores/memory/memory-store.js';
import type { ImageStore } from '../../src/stores/port.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import { filesIn } from '../support/blobs.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { quickFolder } from './support/quick-folder.js';

const large = (id: string, token = 1_000) => versionOf(id, token, 3_000);
const small = (id: string, token = 1_000) => versionOf(id, token, 100);

async function place() {
  const folder = await quickFolder();
  const clock = { now: Date.now() };
  const warnings: string[] = [];
  const note = (message: string) => void warnings.push(message);
  const open = (at = folder, database = 'db.sqlite') =>
    openLocalStore({
      databasePath: join(at, database),
      imageRootDir: join(at, 'images'),
      inlineUpTo: 1_000,
      writer: 'inline',
      now: () => clock.now,
      logger: { info: note, warn: note, error: note },
    });
  return { folder, target: join(folder, 'backup'), open, clock, warnings };
}

const backUp = (store: ImageStore, target: string) => store.backup?.(target) as Promise<unknown>;

describe('a backup', () => {
  test('has all images, is there only when it is whole, and is for its owner only', async () => {
    const { folder, target, open } = await place();
    const store = open();
    for (const id of ['a', 'b', 'c']) await store.put(large(id), null);
    await store.put(versionOf('d', 1_000, 3_000, ['thumb']), null);
    await store.put(small('e'), null);
    await store.put(large('gone', 5_000), null);
    await store.remove('gone');
    expect(await backUp(store, target)).toEqual({ images: 5, bytes: 15_100, problems: [] });
    expect(existsSync(`${target}.partial`)).toBe(false);
    expect(readdirSync(target).sort()).toEqual(['images', 'pixstore.sqlite']);
    for (const file of [join(target, 'pixstore.sqlite'), ...filesIn(join(target, 'images'))]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    await store.close();
    rmSync(join(folder, 'images'), { recursive: true });
    const copy = open(target, 'pixstore.sqlite');
    for (const id of ['a', 'b', 'c']) assertStored(await readPart(copy, id), large(id));
    assertStored(await readPart(copy, 'd', 'thumb'), versionOf('d', 1_000, 3_000, ['thumb']), 'thumb');
    expect(await copy.lastRemovedToken()).toBe(5_000);
    expect(copy.usage()).toEqual({ images: 5, bytes: 15_100 });
    await copy.close();
  });

  test('is put back: database, images, the key, then adopt; and everything goes on', async () => {
    const { folder, target, warnings } = await place();
    const masterKey = Buffer.alloc(32, 7).toString('hex');
    const start = () =>
      createPixstoreBackend({
        masterKey,
        databasePath: join(folder, 'db.sqlite'),
        imageRootDir: join(folder, 'images'),
        defaultEndpointEnabled: false,
        errorHandlingMode: 'throw',
        logger: { info() {}, warn: (message) => void warnings.push(message), error() {} },
      });
    const first = start();
    const record = await first.saveImage(photo('astronaut.jpg'));
    await first.backup(target);
    const later = await first.saveImage(photo('astronaut.jpg'));
    await first.close();

    for (const name of readdirSync(folder)) if (name !== 'backup') rmSync(join(folder, name), { recursive: true });
    cpSync(join(target, 'pixstore.sqlite'), join(folder, 'db.sqlite'));
    cpSync(join(target, 'images'), join(folder, 'images'), { recursive: true });
    const second = start();
    await second.open();
    expect(warnings.join()).toContain('adopt()');
    expect((await second.health())?.status).toBe('degraded');
    await second.adopt();
    expect(await second.health()).toEqual({ status: 'ok', problems: [] });
    expect(second.getImageRecord(record?.id as string)?.token).toBe(record?.token);
    expect(second.getImageRecord(later?.id as string)).toBeNull();
    expect(await second.store.check()).toEqual([]);
    expect(await second.deleteImage(record?.id as string)).toBe(true);
    expect(filesIn(join(folder, 'images'))).toEqual([]);
    await second.close();
  });

  test('that is put before the folder it was made of removes nothing there', async () => {
    const { folder, target, open, clock } = await place();
    const store = open();
    for (const id of ['a', 'b']) await store.put(large(id), null);
    await backUp(store, target);
    await store.put(large('later'), null);
    cpSync(join(target, 'pixstore.sqlite'), join(folder, 'staging.sqlite'));
    const staging = open(folder, 'staging.sqlite');
    await staging.remove('a');
    clock.now += 10 * 86_400_000;
    expect(await staging.sweep({ all: true })).toBe(0);
    for (const id of ['a', 'b', 'later']) assertStored(await readPart(store, id), large(id));
    await staging.close();
    await store.close();
  });

  test('of a store that is written to meanwhile has of each image one version, whole', async () => {
    const { target, open } = await place();
    const store = open();
    const ids = Array.from({ length: 40 }, (_, index) => `id${index}`);
    await Promise.all(ids.map((id) => store.put(large(id), null)));
    let isDone = false;
    const backup = backUp(store, target).finally(() => {
      isDone = true;
    });
    for (let token = 1_001; !isDone; token += 1) {
      await store.put(large(ids[token % 20] as string, token), 'older');
      await store.remove(ids[20 + (token % 20)] as string);
    }
    expect(await backup).toMatchObject({ problems: [] });
    const removed = await store.lastRemovedToken();
    await store.close();
    const copy = open(target, 'pixstore.sqlite');
    for (const id of ids) {
      const part = await readPart(copy, id);
      if (part) assertStored(part, large(id, part.token));
      else expect(removed).toBeGreaterThanOrEqual(1_000);
    }
    expect((await copy.check()).filter(({ kind }) => kind !== 'not-adopted')).toEqual([]);
    const { images } = await copy.usage();
    expect(images).toBe((await copy.records(ids.map((id) => ({ id })))).filter(Boolean).length);
    await copy.close();
  });

  test('goes on when an image is missing in the store as well, and names it', async () => {
    const { folder, target, open } = await place();
    const store = open();
    for (const id of ['a', 'b']) await store.put(large(id), null);
    rmSync(filesIn(join(folder, 'images'))[0] as string);
    const report = (await store.backup?.(target)) ?? { problems: [] };
    expect(report.problems).toEqual([{ kind: 'ciphertext-missing', subject: expect.stringMatching(/^[ab]$/) }]);
    await store.close();
  });

  test('is refused where something is, and a failed one leaves nothing', async () => {
    const { folder, target, open } = await place();
    const store = open();
    await store.put(large('a'), null);
    mkdirSync(target);
    writeFileSync(join(target, 'mine'), '');
    const error = await failure('BACKUP_FAILED', () => backUp(store, target));
    expect(error.message).not.toContain(folder);
    expect(readdirSync(target)).toEqual(['mine']);
    writeFileSync(join(folder, 'file'), '');
    await failure('BACKUP_FAILED', () => backUp(store, join(folder, 'file', 'below')));
    rmSync(join(target, 'mine'));
    mkdirSync(`${target}.partial`);
    writeFileSync(join(`${target}.partial`, 'pixstore.sqlite'), 'of one that was killed');
    expect(await backUp(store, target)).toMatchObject({ images: 1 });
    await store.close();
  });

  test('says so when the store has none', async () => {
    const backend = createPixstoreBackend({
      store: createMemoryStore(),
      masterKey: Buffer.alloc(32, 7).toString('hex'),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
    });
    await failure('BACKUP_UNSUPPORTED', () => backend.backup('anywhere'));
    await failure('BACKUP_FAILED', () => backend.backup(''));
    expect(await backend.health()).toEqual({ status: 'ok', problems: [] });
    await backend.adopt();
    await backend.close();
  });
});

describe('the log of the database', () => {
  test('is emptied when a store is opened, so that the file alone has everything', async () => {
    const { folder, open } = await place();
    const store = open();
    await store.put(small('a'), null);
    const killed = await quickFolder();
    cpSync(folder, killed, { recursive: true });
    await store.close();
    expect(statSync(join(killed, 'db.sqlite-wal')).size).toBeGreaterThan(0);
    const again = open(killed);
    expect(statSync(join(killed, 'db.sqlite-wal')).size).toBe(0);
    const alone = await quickFolder();
    writeFileSync(join(alone, 'db.sqlite'), readFileSync(join(killed, 'db.sqlite')));
    const copy = open(alone);
    assertStored(await readPart(copy, 'a'), small('a'));
    for (const each of [again, copy]) await each.close();
  });
});
