import { mkdir, rename, rmdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type LocalStoreOptions, openLocalStore } from 'pixstore/backend';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import { sizes, versionOf } from '../../src/testing/versions.js';
import { quietLogger } from '../support/backend.js';
import { assertOneOf, makeAll, save } from './support/changes.js';
import { runNode } from './support/program.mjs';
import { quickFolder } from './support/quick-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function openThreaded(options: Partial<LocalStoreOptions> = {}) {
  const folder = await quickFolder();
  const databasePath = join(folder, 'images.sqlite');
  const logger = quietLogger();
  const store = openLocalStore({ databasePath, imageRootDir: join(folder, 'images'), sweepAge: 0, logger, ...options });
  return { folder, databasePath, store, logger };
}

const manySaves = (token: number, count = 50) =>
  Array.from({ length: count }, (_, index) =>
    save(versionOf(`i${token}-${index}`, token, index % 5 === 0 ? sizes.large : sizes.small)),
  );

describe('the thread that writes', () => {
  test.each([
    ['before it has opened the database', 0],
    ['later', 1],
  ])('tells all who wait, at once, when the database stays locked, %s', async (_, savesBefore) => {
    const { databasePath, store } = await openThreaded({ busyTimeout: 100 });
    await makeAll(store, manySaves(900, savesBefore));
    const locker = findDriver()(databasePath);
    locker.exec('BEGIN IMMEDIATE');
    const changes = manySaves(1_000);
    const start = performance.now();
    expect(new Set(await makeAll(store, changes))).toEqual(new Set(['STORAGE_FAILED']));
    expect(performance.now() - start).toBeLessThan(50 * 100); // what it would take if each waited for the lock
    for (const { id } of changes) await assertOneOf(store, id, [null]);

    locker.exec('COMMIT');
    locker.close();
    expect(new Set(await makeAll(store, changes))).toEqual(new Set(['done']));
    expect(await store.check()).toEqual([]);
    await store.close();
  });

  test('waits for a lock that is let go in time', async () => {
    const { databasePath, store } = await openThreaded();
    const locker = findDriver()(databasePath);
    locker.exec('BEGIN IMMEDIATE');
    const saving = makeAll(store, manySaves(1_000, 5));
    setTimeout(() => locker.exec('COMMIT'), 50);
    expect(new Set(await saving)).toEqual(new Set(['done']));
    locker.close();
    await store.close();
  });

  test('tells everybody who waits when it cannot open the database, and tries again for those who come later', async () => {
    const { databasePath, store } = await openThreaded();
    await rename(databasePath, `${databasePath}.away`);
    await mkdir(databasePath);
    expect(new Set(await makeAll(store, manySaves(1_000)))).toEqual(new Set(['STORAGE_FAILED']));

    await rmdir(databasePath);
    await rename(`${databasePath}.away`, databasePath);
    expect(new Set(await makeAll(store, manySaves(1_001)))).toEqual(new Set(['done']));
    await store.close();
  });

  test('writes all that it was given before it is closed', async () => {
    const { folder, databasePath, store } = await openThreaded();
    const changes = manySaves(1_000, 200);
    const saving = makeAll(store, changes);
    await store.close();
    expect(new Set(await saving)).toEqual(new Set(['done']));
    const again = openLocalStore({ databasePath, imageRootDir: join(folder, 'images') });
    for (const { id, after } of changes) await assertOneOf(again, id, [after]);
    await again.close();
  });
});

/** A program that has a backend in the folder given to it, or where it is told. */
const withBackend = (work: string, settings = 'backendOf(process.argv.at(-1))') => `
  import { createPixstoreBackend } from 'pixstore/backend';
  import { makePicture } from './test/fault/kill/picture.mjs';
  import { backendOf } from './test/fault/kill/settings.mjs';
  const backend = createPixstoreBackend(${settings});
  const picture = makePicture('any', 100_000);
  ${work}
`;

/** Runs such a program. @returns the lines that it printed */
async function runWithBackend(folder: string, ...program: Parameters<typeof withBackend>): Promise<string[]> {
  const { lines } = await runNode(['--input-type=module', '--eval', withBackend(...program), folder]);
  return lines;
}

describe('a process with a thread that writes', () => {
  test('ends by itself when there is nothing to write, although nobody closed the backend', async () => {
    const folder = await quickFolder();
    expect(await runWithBackend(folder, "console.log('opened')")).toEqual(['opened']);
    const save = "await backend.saveImage(picture); console.log('saved')";
    expect(await runWithBackend(folder, save)).toEqual(['saved']);
  });

  test('lives until what it was given is written, although nobody waits for it', async () => {
    const save = "for (let i = 0; i < 20; i += 1) backend.saveImage(picture).then(() => console.log('saved'))";
    expect(await runWithBackend(await quickFolder(), save)).toHaveLength(20);
  });

  test('keeps to its files when it changes its working directory', async () => {
    const save = `
      process.chdir('/'); // before anything is opened
      await backend.open();
      process.chdir(process.argv.at(-1) + '/images');
      const { id } = await backend.saveImage(picture);
      console.log(backend.getImageRecord(id)?.id === id);
    `;
    const here = "(process.chdir(process.argv.at(-1)), backendOf('.'))";
    expect(await runWithBackend(await quickFolder(), save, here)).toEqual(['true']);
  });
});

test('a server bundled into one file, without the thread, says so once and writes all the same', async () => {
  const folder = await quickFolder();
  // What cannot be bundled is where the server is installed.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const save = `
    const records = await Promise.all([picture, picture].map((image) => backend.saveImage(image)));
    console.log(records.every(({ id }) => backend.imageExists(id)));
    await backend.close();
  `;
  const outfile = join(folder, 'bundle', 'server.mjs');
  await build({
    stdin: { contents: withBackend(save), resolveDir: root },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  const { lines, complaint } = await runNode([outfile, folder]);
  expect(lines).toEqual(['true']);
  expect(complaint.match(/writer-worker\.js\) cannot be loaded/g)).toHaveLength(1);
});
