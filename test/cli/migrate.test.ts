import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quickFolder } from '../fault/support/quick-folder.js';
import { smallDisk } from '../fault/support/small-disk.js';
import { photo } from '../support/photos.js';
import { placeStore3, sha256, stateOf } from '../support/store-3.js';
import { killAndRunAgain } from './support/killed.js';
import { jsonLines, runCli } from './support/run-cli.js';
import { withStore } from './support/store.js';

const migrate = ['migrate', '--from-v3', 'old/images.sqlite', 'old/images'];

const pictures = (count: number) => Array.from({ length: count }, () => photo('cat.png'));

test('killed again and again, it loses nothing and does nothing twice', async () => {
  const cwd = await quickFolder();
  const old = await placeStore3(join(cwd, 'old'));
  const added = old.add(pictures(150));
  const before = stateOf(old.folder);
  const { code, kills, stdout } = await killAndRunAgain(
    [...migrate, '--json'],
    { cwd },
    (time) => new RegExp(`"done":${20 + 35 * time},`),
  );
  expect(kills).toBeGreaterThan(2);
  expect(code).toBe(0);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ failed: 0 });
  expect(stateOf(old.folder)).toEqual(before);
  await withStore(cwd, async (backend) => {
    for (const { id, token, sha256: picture } of added) {
      const stored = await backend.readImage(id);
      expect([stored?.token, sha256(stored?.bytes ?? Buffer.alloc(0))]).toEqual([token, picture]);
    }
    expect((await backend.stats()).images).toBe(161);
    await backend.store.sweep({ all: true });
    expect(await backend.store.check()).toEqual([]);
  });
});

test('a full disk ends it with 4; with room it goes on', async ({ skip }) => {
  const disk = await smallDisk(4 * 1024 * 1024);
  if (!disk.real) return skip('a small disk cannot be mounted here');
  const cwd = await quickFolder();
  const old = await placeStore3(join(cwd, 'old'));
  old.add(pictures(20)); // 6 MB
  const words = [...migrate, '--database', join(disk.folder, 'db.sqlite'), '--image-dir', join(disk.folder, 'images')];
  const full = await runCli(words, { cwd });
  expect(full).toMatchObject({ code: 4, stderr: expect.stringContaining('(STORAGE_FULL)') });
  const check = await runCli(['info', ...words.slice(4)], { cwd });
  expect(check.stdout).toMatch(/^\d+ images, .*; degraded\nThe disk of imageRootDir has 0 MB left/);
});

test('a wrong key ends it with 3, a source that is none with 2, and nothing is changed', async () => {
  const cwd = await quickFolder();
  const old = await placeStore3(join(cwd, 'old'));
  expect(await runCli(migrate, { cwd })).toMatchObject({ code: 0 });
  const before = stateOf(cwd);
  const env = { PIXSTORE_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') };
  expect(await runCli(migrate, { cwd, env })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('(MASTER_KEY_MISMATCH)'),
  });
  const none = await runCli(['migrate', '--from-v3', 'none.sqlite', 'old/images'], { cwd });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('(SOURCE_INVALID)') });
  expect(Object.keys(stateOf(cwd)).sort()).toEqual(Object.keys(before).sort());
  expect(old.folder).toBe(join(cwd, 'old'));
});
