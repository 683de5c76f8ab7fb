import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { quietLogger } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { expected, placeSchema2, sha256 } from '../support/schema-2.js';
import { smallDisk } from './support/small-disk.js';

const mebibyte = 1024 * 1024;

test('a disk without room for the copy of a database: it says how much is missing, and nothing is changed', async ({
  skip,
}) => {
  const disk = await smallDisk(16 * mebibyte);
  if (!disk.real) skip('mounting a small disk is not allowed here');
  placeSchema2(disk.folder);
  const path = join(disk.folder, 'images.sqlite');
  const database = findDriver()(path);
  database.exec(
    "INSERT INTO parts SELECT 'wide:' || value, 1, 1000000, zeroblob(12), zeroblob(16), zeroblob(69), NULL, randomblob(1000000) FROM json_each('[1,2,3,4]')",
  );
  database.close();
  const before = sha256(readFileSync(path));
  const open = () =>
    openLocalStore({
      databasePath: path,
      imageRootDir: join(disk.folder, 'images'),
      writer: 'inline',
      logger: quietLogger(),
    });

  const pageSize = 4096;
  // Without any room SQLite opens no database.
  for (const left of [0.25, 1, 3]) {
    await disk.fill((left * mebibyte) / pageSize);
    const { message } = await failure('STORAGE_FULL', open);
    // 4 MB of images and one to spare; SQLite's own index of its log takes a little, too.
    const [, takes, missing] = /it takes (\d+) MiB; free (\d+) MiB more/.exec(message) ?? [];
    expect(Number(takes)).toBe(5);
    expect(Number(missing)).toBeGreaterThanOrEqual(Math.ceil(Number(takes) - left) - 1);
    expect(Number(missing)).toBeLessThanOrEqual(Math.ceil(Number(takes) - left) + 1);
    expect(sha256(readFileSync(path))).toBe(before);
    expect(readdirSync(disk.folder).filter((name) => name.includes('.bak'))).toEqual([]);
  }

  await disk.fill((5.2 * mebibyte) / pageSize);
  const store = open();
  for (const { id } of expected.images) {
    const [image, variant] = id.split('.') as [string, string?];
    expect(store.record(image, variant), id).not.toBeNull();
  }
  expect(readdirSync(disk.folder)).toContain('images.sqlite.schema-2.bak');
  await store.close();
});
