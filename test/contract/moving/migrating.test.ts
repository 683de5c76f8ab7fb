import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { createMemoryStore, type MigratedImage, type MigrationOptions } from '../../../src/backend/index.js';
import { findDriver } from '../../../src/stores/local/driver.js';
import { openBackend } from '../../support/backend.js';
import { importBlocks } from '../../support/code-blocks.js';
import { failure } from '../../support/errors.js';
import { temporaryFolder } from '../../support/folders.js';
import { photo } from '../../support/photos.js';
import { expected, placeStore3, sha256, stateOf } from '../../support/store-3.js';

async function migrated(backend: PixstoreBackend, from: MigrationOptions): Promise<MigratedImage[]> {
  const all: MigratedImage[] = [];
  for await (const image of backend.migrateFromV3(from)) all.push(image);
  return all;
}

/** What became of each image, by its id. */
async function outcomes(backend: PixstoreBackend, from: MigrationOptions): Promise<Record<string, string>> {
  const all = await migrated(backend, from);
  return Object.fromEntries(
    all.map(({ id, outcome, error }) => [id, outcome === 'failed' ? `failed ${error?.code}` : outcome]),
  );
}

const all = (outcome: string) => Object.fromEntries(expected.map(({ id }) => [id, outcome]));

const [first, second, third, fourth] = expected.map(({ id }) => id) as [string, string, string, string];

/** A store of 3.x whose only row is this one, without files. */
async function placeRow(id: string | null, token: number | string, meta: string | null) {
  const old = await placeStore3();
  rmSync(old.from.imageDir, { recursive: true });
  mkdirSync(old.from.imageDir);
  old.sql('DELETE FROM image_records WHERE id <> ?', first);
  // The table as 3.x makes it refuses a meta that is null.
  old.sql('UPDATE image_records SET id = ?, token = ?, meta = ?', id, token, meta);
  return old;
}

describe('a store that pixstore 3.2.1 wrote', () => {
  test.for([
    ['SQLite and files', () => openBackend()],
    ['a store in memory', () => openBackend({ store: createMemoryStore() })],
  ] as const)('is taken over into %s, with ids, tokens and pictures as they were', async ([, open]) => {
    const { folder, from } = await placeStore3();
    const before = stateOf(folder);
    const backend = await open();
    const told = await migrated(backend, from);
    expect(told.map(({ id, outcome }) => ({ id, outcome }))).toEqual(
      expected.map(({ id }) => ({ id, outcome: 'migrated' })),
    );
    expect(told.map(({ done, total }) => `${done} of ${total}`)).toEqual(
      expected.map((_, index) => `${index + 1} of ${expected.length}`),
    );
    for (const { id, token, sha256: picture } of expected) {
      expect(backend.getImageRecord(id)?.token).toBe(token);
      const stored = await backend.readImage(id);
      expect(sha256(stored?.bytes ?? new Uint8Array())).toBe(picture);
    }
    expect((await backend.stats())?.images).toBe(expected.length);
    expect(stateOf(folder)).toEqual(before);
    expect(await backend.store.check()).toEqual([]);
  });

  test('keeps keys and ciphertexts, so that what browsers have cached is good', async () => {
    const { from, fileOf } = await placeStore3();
    const backend = await openBackend();
    await migrated(backend, from);
    const database = findDriver()(from.database);
    const { meta } = database.prepare('SELECT meta FROM image_records WHERE id = ?').get(second) ?? {};
    database.close();
    expect(backend.getImageRecord(second)?.meta).toEqual(JSON.parse(String(meta)));
    const part = await backend.store.open(second, undefined, { inMemoryUpTo: 1e6 });
    expect(Buffer.from(part?.ciphertext ?? []).equals(readFileSync(fileOf(second)))).toBe(true);
    await part?.close();
  });

  test('may have counted its formats in another order: the picture says what it is', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    await migrated(backend, from);
    const odd = expected.filter(({ id }) => id.startsWith('odd:'));
    const formats = await Promise.all(odd.map(async ({ id }) => (await backend.readImage(id))?.format));
    expect(formats).toEqual(['gif', 'png']);
  });

  test('keeps pictures that are cut off, and says so', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    const told = await migrated(backend, from);
    const cut = told.filter(({ id }) => id.startsWith('cut:'));
    expect(cut.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ['migrated', 'IMAGE_TRUNCATED'],
      ['migrated', 'IMAGE_TRUNCATED'],
    ]);
    expect(told.filter(({ error }) => error).map(({ id }) => id)).toEqual(cut.map(({ id }) => id));
  });

  test('tells of sizes as for images that are saved', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    await migrated(backend, from);
    expect(backend.getImageRecord(second)).toMatchObject({ width: 24, height: 16 });
  });
});

test('docs/moving.md shows a migration that reports what is odd, and counts what failed', async () => {
  const { migrate } = await importBlocks<{ migrate(...from: unknown[]): Promise<number> }>(
    'docs/moving.md',
    'migrate.ts',
  );
  const { from, fileOf } = await placeStore3();
  rmSync(fileOf(first));
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  expect(await migrate(await openBackend(), from.database, from.imageDir)).toBe(1);
  const lines = told.mock.calls.map(([line]) => String(line));
  expect(lines).toHaveLength(3); // two are cut off
  expect(lines[0]).toMatch(/^1 of 11: \S+ failed \(CIPHERTEXT_MISSING\): /);
});

describe('the second time', () => {
  test('nothing is done twice, also where the first ended early', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    for await (const { done } of backend.migrateFromV3(from)) if (done === 3) break;
    expect(await outcomes(backend, from)).toMatchObject({
      [first]: 'present',
      [second]: 'present',
      [third]: 'present',
    });
    expect(await outcomes(backend, from)).toEqual(all('present'));
    expect((await backend.stats())?.images).toBe(expected.length);
  });

  test('its signal ends it between two images', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    const ending = new AbortController();
    ending.abort(new Error('enough'));
    await expect(migrated(backend, { ...from, signal: ending.signal })).rejects.toThrow('enough');
    expect((await backend.stats())?.images).toBe(0);
  });

  test('an image that was updated here, or is another, is left alone and reported', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    await migrated(backend, from);
    const { token } = (await backend.updateImage(first, photo('cat.png'))) ?? {};
    expect(await outcomes(backend, from)).toEqual({ ...all('present'), [first]: 'failed IMAGE_ID_TAKEN' });
    expect(backend.getImageRecord(first)?.token).toBe(token);
  });

  test('an image that was deleted here does not come back, unless new tokens are asked for', async () => {
    const { from } = await placeStore3();
    const backend = await openBackend();
    await migrated(backend, from);
    await backend.deleteImage(fourth);
    const again = await outcomes(backend, from);
    expect(again).toEqual({ ...all('present'), [fourth]: 'failed TOKEN_TOO_LOW' });
    expect(await outcomes(backend, { ...from, newTokens: true })).toEqual({ ...all('present'), [fourth]: 'migrated' });
    expect(backend.getImageRecord(fourth)?.token).toBeGreaterThan(Number(expected[3]?.token));
    expect(await outcomes(backend, { ...from, newTokens: true })).toEqual(all('present'));
  });
});

describe('what is missing, damaged or odd', () => {
  test('is reported each, and all else is taken over', async () => {
    const { from, fileOf, sql } = await placeStore3();
    rmSync(fileOf(first));
    const bytes = readFileSync(fileOf(second));
    writeFileSync(fileOf(second), bytes.fill(0, 20, 30));
    sql('DELETE FROM image_records WHERE id = ?', third);
    sql('UPDATE image_records SET meta = ? WHERE id = ?', '{"key": "AAAA", "iv": 1}', fourth);
    const backend = await openBackend();
    const told = await outcomes(backend, from);
    const { [third]: _, ...others } = all('migrated');
    expect(told).toEqual({
      ...others,
      [first]: 'failed CIPHERTEXT_MISSING',
      [second]: 'failed CIPHERTEXT_MISSING',
      [fourth]: 'failed DATABASE_ROW_INVALID',
      [`${third.replace(':', '/')}.pixstore-image`]: 'failed RECORD_MISSING',
    });
    // Mended, they are taken over by the next call.
    writeFileSync(
      fileOf(second),
      readFileSync(
        new URL(`../../fixtures/store-3.2.1/images/${second.replace(':', '/')}.pixstore-image`, import.meta.url),
      ),
    );
    expect((await outcomes(backend, from))[second]).toBe('migrated');
  });

  test.for([
    [
      'an id that begins with a colon, as 3.x made of the folder "ÄÖ"',
      ':mx2ixmyrzweszwil',
      5,
      '{}',
      'IMAGE_ID_INVALID',
    ],
    ['an id that leads elsewhere', '../../etc:passwd', 5, '{}', 'IMAGE_ID_INVALID'],
    ['no id', null, 5, '{}', 'IMAGE_ID_INVALID'],
    ['a token below 0', 'a', -1, '{}', 'TOKEN_INVALID'],
    ['a token that JavaScript cannot hold', 'a', '9223372036854775807', '{}', 'TOKEN_INVALID'],
    ['a token that is a fraction', 'a', 1.5, '{}', 'TOKEN_INVALID'],
    ['a meta that is no JSON', 'a', 5, 'key', 'DATABASE_ROW_INVALID'],
    ['a meta that is null', 'a', 5, 'null', 'DATABASE_ROW_INVALID'],
  ] as const)('%s', async ([, id, token, meta, code]) => {
    const { from } = await placeRow(id, token, meta);
    const [told, ...more] = await migrated(await openBackend(), from);
    expect(more).toEqual([]);
    expect(told).toMatchObject({ id: id ?? '', outcome: 'failed' });
    expect(told?.error?.code).toBe(code);
  });

  test('a file that may not be read ends nothing', async () => {
    const { from, fileOf } = await placeStore3();
    rmSync(fileOf(first));
    mkdirSync(fileOf(first));
    expect(await outcomes(await openBackend(), from)).toEqual({
      ...all('migrated'),
      [first]: 'failed IMAGE_FILE_UNREADABLE',
    });
  });
});

describe('the old database', () => {
  test('is read with its log, and without a file beside it', async () => {
    const { folder, from } = await placeStore3();
    const database = findDriver()(from.database);
    database.exec('PRAGMA journal_mode = WAL');
    database.prepare('UPDATE image_records SET token = token + 1').run();
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    for (const ending of ['', '-wal']) copyFileSync(from.database + ending, join(copy, `images.sqlite${ending}`));
    database.close();
    const before = stateOf(copy);
    const backend = await openBackend();
    await migrated(backend, { ...from, database: join(copy, 'images.sqlite') });
    expect(backend.getImageRecord(first)?.token).toBe(Number(expected[0]?.token) + 1);
    expect(stateOf(copy)).toEqual(before);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('pixstore-v3-'))).toEqual([]);
  });

  test('and the folder must be those of 3.x', async () => {
    const { folder, from } = await placeStore3();
    const backend = await openBackend();
    await failure('SOURCE_INVALID', () => migrated(backend, { ...from, database: join(folder, 'none.sqlite') }));
    await failure('SOURCE_INVALID', () => migrated(backend, { ...from, database: join(folder, 'expected.json') }));
    await failure('SOURCE_INVALID', () => migrated(backend, { ...from, imageDir: join(folder, 'none') }));
    await failure('SOURCE_INVALID', () => migrated(backend, { ...from, imageDir: from.database }));
    const own = join(backend.folder, 'images.sqlite');
    await failure('SOURCE_INVALID', () => migrated(backend, { ...from, database: own }));
    const empty = join(folder, 'empty.sqlite');
    writeFileSync(empty, '');
    await failure('SOURCE_INVALID', () => migrated(backend, { ...from, database: empty }));
    await failure('CONFIG_INVALID', () => migrated(backend, { database: from.database } as MigrationOptions));
    await failure('CONFIG_INVALID', () => migrated(backend, { ...from, signal: 1 } as never));
    expect(await readdir(folder)).not.toContain('none.sqlite');
  });

  test('may be a link, and so may its folder', async () => {
    const { folder, from } = await placeStore3();
    const moved = join(await temporaryFolder(), 'images');
    renameSync(from.imageDir, moved);
    await symlink(moved, from.imageDir, 'junction');
    expect(dirname(from.imageDir)).toBe(folder);
    expect(await outcomes(await openBackend(), from)).toEqual(all('migrated'));
  });
});
