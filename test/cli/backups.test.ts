import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesIn } from '../support/blobs.js';
import { photo } from '../support/photos.js';
import { root } from '../unit/docs/markdown.js';
import { jsonLines, runCli } from './support/run-cli.js';
import { folderWithStore, pathsIn, withStore } from './support/store.js';

const toNew = ['--database', 'new.sqlite', '--image-dir', 'new', '--key-file', '.pixstore.sqlite.key'];

const idsOf = async (cwd: string, words: readonly string[] = []) =>
  jsonLines((await runCli(['list', '--json', ...words], { cwd })).stdout).map(({ id }) => id);

describe('backup, verify and restore', () => {
  test('go round, in lines for people and in JSON', async () => {
    const cwd = await folderWithStore();
    const first = await runCli(['backup', 'backups', '--json'], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(jsonLines(first.stdout)).toMatchObject([{ images: 3, copied: 3, problems: 0 }]);
    expect((await runCli(['backup', 'backups', '--keep', '1'], { cwd })).stdout).toContain('3 images, 0 of them new');
    const backups = await runCli(['backups', 'backups', '--json'], { cwd });
    expect(jsonLines(backups.stdout)).toMatchObject([{ images: 3, problems: [] }]);
    const verified = await runCli(['verify', 'backups', '--json'], { cwd });
    expect(jsonLines(verified.stdout)).toMatchObject([{ summary: { sound: 3, damaged: 0 } }]);
    const restored = await runCli(['restore', 'backups', '--json', ...toNew], { cwd });
    expect(jsonLines(restored.stdout)).toMatchObject([{ summary: { images: 3, erased: 0, failures: 0 } }]);
    expect(await idsOf(cwd, toNew)).toEqual(['cats:kitty', 'cats:tom', 'rocket']);
  });

  test('take a module that exports a place for blobs', async () => {
    const cwd = await folderWithStore();
    const entry = join(root, 'dist/backend/index.js');
    const module = `import { fileBlobs } from '${entry}';\nexport default () => fileBlobs('elsewhere');\n`;
    writeFileSync(join(cwd, 'place.mjs'), module);
    expect((await runCli(['backup', 'place.mjs'], { cwd })).code).toBe(0);
    expect(readdirSync(join(cwd, 'elsewhere'))).toContain('runs');
    expect((await runCli(['restore', 'place.mjs', ...toNew], { cwd })).code).toBe(0);
    writeFileSync(join(cwd, 'none.mjs'), 'export default { blobs: true };\n');
    expect((await runCli(['backup', 'none.mjs'], { cwd })).code).toBe(2);
  });

  test('end with 1 when something is damaged or not there, and name it', async () => {
    const cwd = await folderWithStore();
    expect(await runCli(['verify', 'backups'], { cwd })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(BACKUP_MISSING)'),
    });
    await runCli(['backup', 'backups'], { cwd });
    const [run = ''] = readdirSync(join(cwd, 'backups', 'data'));
    const piece = join(cwd, 'backups', 'data', run, '1');
    const bytes = readFileSync(piece);
    bytes[100] = (bytes[100] as number) ^ 1;
    writeFileSync(piece, bytes);
    const verified = await runCli(['verify', 'backups'], { cwd });
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/^cats:kitty\n {2}The piece data\/\S+\/1 of the backup/);
    const restored = await runCli(['restore', 'backups', ...toNew], { cwd });
    expect(restored.code).toBe(1);
    expect(restored.stdout).toContain('2 images restored');
    expect(await idsOf(cwd, toNew)).toEqual(['cats:tom', 'rocket']);
  });

  test('remove no older backup when something is damaged, and none by options that are wrong', async () => {
    const cwd = await folderWithStore();
    for (const words of [
      ['--keep', '0'],
      ['--keep', '1', '--keys-only'],
    ]) {
      expect(await runCli(['backup', 'backups', ...words], { cwd })).toMatchObject({ code: 2, stdout: '' });
    }
    expect(readdirSync(cwd)).not.toContain('backups');
    await runCli(['backup', 'backups'], { cwd });
    rmSync(join(cwd, 'backups', 'data'), { recursive: true });
    for (const path of filesIn(join(cwd, 'pixstore-images'))) writeFileSync(path, 'damaged');
    const { code, stderr } = await runCli(['backup', 'backups', '--keep', '1'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('No older backup was removed');
    expect(jsonLines((await runCli(['backups', 'backups', '--json'], { cwd })).stdout)).toHaveLength(2);
  });

  test('end with 3 and change nothing without the right key, and make none', async () => {
    const cwd = await folderWithStore();
    await runCli(['backup', 'backups'], { cwd });
    const wrong = { PIXSTORE_MASTER_KEY: Buffer.alloc(32, 9).toString('base64') };
    for (const words of [
      ['verify', 'backups'],
      ['restore', 'backups', ...toNew.slice(0, 4)],
    ]) {
      expect(await runCli(words, { cwd, env: wrong })).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('(MASTER_KEY_MISMATCH)'),
      });
    }
    const missing = await runCli(['restore', 'backups', ...toNew.slice(0, 4)], { cwd });
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('(MASTER_KEY_MISSING)') });
    expect(readdirSync(cwd)).not.toContain('new.sqlite.key');
    expect((await runCli(['restore', 'backups', ...toNew], { cwd })).code).toBe(0);
  });

  test('end with 4 when the place has something else, or the store has', async () => {
    const cwd = await folderWithStore();
    const other = await folderWithStore();
    await runCli(['backup', join(cwd, 'backups')], { cwd });
    for (const [place, code] of [
      [join(cwd, 'backups'), 'BACKUP_FOREIGN'],
      [cwd, 'BACKUP_FOREIGN'],
      [join(cwd, '.pixstore.sqlite', 'below'), 'STORAGE_FAILED'],
    ] as const) {
      const { code: exit, stderr } = await runCli(['backup', place], { cwd: other });
      expect(exit).toBe(4);
      expect(stderr).toContain(`(${code})`);
      expect(stderr).not.toContain(cwd);
    }
    const refused = await runCli(['restore', join(cwd, 'backups')], { cwd: other });
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('(MASTER_KEY_MISMATCH)') });
    expect(await idsOf(other)).toHaveLength(3);
  });
});

describe('adopt', () => {
  test('says what differs, asks, and does it when told to', async () => {
    const cwd = await folderWithStore();
    const { databasePath, imageRootDir } = pathsIn(cwd);
    await withStore(cwd, async (backend) => {
      await backend.backup(join(cwd, 'copy'));
      await backend.deleteImage('cats:tom');
      await backend.saveImage(photo('cat.png'), { id: 'new' });
    });
    for (const end of ['-wal', '-shm']) rmSync(databasePath + end, { force: true });
    cpSync(join(cwd, 'copy', 'pixstore.sqlite'), databasePath);
    const asked = await runCli(['adopt'], { cwd });
    expect(asked).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('1 image of it not there or damaged, 2 files and folders there'),
    });
    expect(asked.stdout).toContain('cats:tom');
    expect(readdirSync(imageRootDir, { recursive: true }).length).toBeGreaterThan(2);
    expect(await runCli(['adopt', '--yes'], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('adopted'),
    });
    expect((await runCli(['adopt'], { cwd })).stdout).toContain('adopted already');
  });
});

describe('copy', () => {
  test('fills a store of a module, and refuses what is no store or said twice', async () => {
    const cwd = await folderWithStore();
    const entry = join(root, 'dist/backend/index.js');
    const module = `import { openLocalStore } from '${entry}';
      export default () => openLocalStore({ databasePath: 'new.sqlite', imageRootDir: 'new' });\n`;
    writeFileSync(join(cwd, 'to.mjs'), module);
    const copied = await runCli(['copy', '--to', 'to.mjs', '--json'], { cwd });
    expect(jsonLines(copied.stdout)).toMatchObject([{ summary: { copied: 3, removed: 0, failures: 0 } }]);
    expect(await idsOf(cwd, toNew)).toHaveLength(3);
    for (const words of [[], ['--to', 'to.mjs', '--to-database', 'x'], ['--to-database', 'x'], ['--to', 'none.mjs']]) {
      expect((await runCli(['copy', ...words], { cwd })).code).toBe(2);
    }
  });
});
