import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import { makePicture } from '../fault/kill/picture.mjs';
import { quickFolder } from '../fault/support/quick-folder.js';
import { smallDisk } from '../fault/support/small-disk.js';
import { photo } from '../support/photos.js';
import { jsonLines, runCli } from './support/run-cli.js';
import { folderWithStore, pathsIn } from './support/store.js';

const sentence = /^pixstore: [A-Z].*\. \([A-Z_]+\)\n$/;

describe('a full disk', () => {
  test('ends save with a sentence and 4; the store is whole, and with room it goes on where it was', async ({
    skip,
  }) => {
    const disk = await smallDisk(12 * 1024 * 1024);
    if (!disk.real) skip('mounting a small disk is not allowed here');
    const photos = await quickFolder();
    for (let number = 0; number < 60; number += 1) {
      writeFileSync(join(photos, `${number}.png`), makePicture(String(number), 100_000));
    }
    const { databasePath, imageRootDir } = pathsIn(disk.folder);
    const where = ['--database', databasePath, '--image-dir', imageRootDir];
    await disk.fill(900);
    const words = ['save', photos, ...where, '--quiet', '--json'];
    const full = await runCli(words, { cwd: photos });
    expect(full.code).toBe(4);
    expect(jsonLines(full.stderr)).toMatchObject([{ error: { code: 'STORAGE_FULL' } }]);
    const saved = jsonLines(full.stdout).filter(({ outcome }) => outcome === 'saved').length;
    await disk.free();
    expect(await runCli(['check', ...where], { cwd: photos })).toMatchObject({ code: 0 });
    expect(saved).toBeLessThan(60);
    const again = await runCli(words, { cwd: photos });
    const { summary } = jsonLines<{ summary: { saved: number; there: number } }>(again.stdout).at(-1) ?? {};
    expect(summary).toMatchObject({ failed: 0, skipped: 0 });
    expect(Number(summary?.saved) + Number(summary?.there)).toBe(60);
    expect(summary?.there).toBeGreaterThanOrEqual(saved); // the last ones were not told of
  });

  test('ends get with a sentence and 4, and leaves no file', async ({ skip }) => {
    const disk = await smallDisk(100 * 1024);
    if (!disk.real) skip('mounting a small disk is not allowed here');
    const got = await runCli(['get', 'cats:tom', '-o', join(disk.folder, 'out.png')], { cwd: await folderWithStore() });
    expect(got).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(readdirSync(disk.folder)).toEqual([]);
  });
});

describe('a place that cannot be written', () => {
  test('is said, and what was there stays', async () => {
    const cwd = await folderWithStore();
    writeFileSync(join(cwd, 'file'), 'mine');
    for (const target of ['none/out.png', 'file/out.png']) {
      const { code, stdout, stderr } = await runCli(['get', 'rocket', '-o', target], { cwd });
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toMatch(/^pixstore: The file out.png cannot be written \(\w+\)\. \(FILE_UNWRITABLE\)\n$/);
    }
    mkdirSync(join(cwd, 'folder'));
    expect((await runCli(['get', 'rocket', '-o', 'folder'], { cwd })).code).toBe(4);
    expect(readdirSync(join(cwd, 'folder'))).toEqual([]);
    const journal = await runCli(['save', 'file', '--journal', 'none/journal.jsonl'], { cwd });
    expect(journal).toMatchObject({ code: 4, stderr: expect.stringMatching(sentence) });
    const missing = await runCli(['save', 'none.png'], { cwd });
    expect(missing).toMatchObject({ code: 4, stderr: expect.stringContaining('(FILE_UNREADABLE)') });
    expect(readFileSync(join(cwd, 'file'), 'utf8')).toBe('mine');
  });
});

describe('a file that may be written, and not be replaced', () => {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: 1234 } : {};
  const jpeg = 'ffd8ff';

  /** A folder with a store, of a user that may not do all that root may. */
  async function folderOfUser(): Promise<string> {
    const cwd = await folderWithStore();
    if (isRoot)
      for (const name of readdirSync(cwd, { recursive: true })) lchownSync(join(cwd, String(name)), 1234, 1234);
    if (isRoot) lchownSync(cwd, 1234, 1234);
    return cwd;
  }

  test.skipIf(!isRoot)('keeps its owner when get writes it, and is left as it is when it has keys', async () => {
    const cwd = await folderOfUser();
    const files = ['out.png', 'keys'].map((name) => join(cwd, name));
    for (const file of files) {
      writeFileSync(file, `${Buffer.alloc(32, 7).toString('base64')}\n`);
      lchownSync(file, 4321, 4321);
      chmodSync(file, 0o666);
    }
    const [picture = '', keys = ''] = files;
    const before = readFileSync(keys, 'utf8');
    expect(await runCli(['get', 'rocket', '-o', 'out.png'], { cwd, ...user })).toMatchObject({ code: 0 });
    expect(readFileSync(picture).toString('hex', 0, 3)).toBe(jpeg);
    const refused = await runCli(['keys', 'new', '--key-file', 'keys'], { cwd, ...user });
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('(FILE_UNWRITABLE)') });
    expect(readFileSync(keys, 'utf8')).toBe(before);
    for (const file of files) expect(statSync(file)).toMatchObject({ uid: 4321, gid: 4321, mode: 0o100666 });
    expect(readdirSync(cwd).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('is written where its folder takes no other file', async () => {
    const cwd = await folderOfUser();
    const folder = join(cwd, 'closed');
    mkdirSync(folder);
    writeFileSync(join(folder, 'out.png'), 'old');
    if (isRoot) lchownSync(join(folder, 'out.png'), 1234, 1234);
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    expect(await runCli(['get', 'rocket', '-o', 'closed/out.png'], { cwd, ...user })).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'out.png')).toString('hex', 0, 3)).toBe(jpeg);
    const missing = await runCli(['get', 'rocket', '-o', 'closed/new.png'], { cwd, ...user });
    expect(missing).toMatchObject({ code: 4, stderr: expect.stringContaining('(FILE_UNWRITABLE)') });
  });
});

describe('a store that does not open', () => {
  test.each([
    ['of a newer version', 'PRAGMA user_version = 99', 'DATABASE_TOO_NEW'],
    ['of another program', 'PRAGMA application_id = 5', 'DATABASE_FOREIGN'],
  ])('%s ends every command with 3, and stays as it was', async (_, change, code) => {
    const cwd = await folderWithStore();
    const { databasePath } = pathsIn(cwd);
    const database = findDriver()(databasePath);
    database.exec(change);
    database.close();
    const before = readFileSync(databasePath);
    for (const words of [['list'], ['check'], ['sweep', '--remove'], ['keys', 'rotate'], ['save', 'photos']]) {
      mkdirSync(join(cwd, 'photos'), { recursive: true });
      const ended = await runCli(words, { cwd });
      expect(ended, words.join(' ')).toMatchObject({ code: 3, stdout: '' });
      expect(ended.stderr).toMatch(sentence);
      expect(ended.stderr).toContain(`(${code})`);
    }
    expect(readFileSync(databasePath).equals(before)).toBe(true);
  });

  test('since it is no database ends with 3', async () => {
    const cwd = await quickFolder();
    writeFileSync(join(cwd, '.pixstore.sqlite'), 'no database at all, but a text of some length'.repeat(100));
    const ended = await runCli(['check'], { cwd });
    expect(ended).toMatchObject({ code: 3, stderr: expect.stringContaining('(DATABASE_INVALID)') });
  });
});

describe('keys', () => {
  test('keys new makes a file that only its owner reads, keeps what was in it, and shows no key', async () => {
    const cwd = await quickFolder();
    const first = await runCli(['keys', 'new'], { cwd });
    const file = join(cwd, '.pixstore.sqlite.key');
    const [key] = readFileSync(file, 'utf8').split('\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await runCli(['keys', 'new', '--json'], { cwd });
    expect(jsonLines(second.stdout)).toEqual([{ file: '.pixstore.sqlite.key', keys: 2 }]);
    const keys = readFileSync(file, 'utf8').trim().split('\n');
    expect(keys).toHaveLength(2);
    expect(keys[1]).toBe(key);
    for (const text of [first.stdout, first.stderr, second.stdout, second.stderr]) {
      for (const each of keys) expect(text).not.toContain(each);
    }
    const elsewhere = await runCli(['keys', 'new'], { cwd, env: { PIXSTORE_MASTER_KEY: String(key) } });
    expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringMatching(sentence) });
  });

  test('keys reencrypt and save pass over what cannot be, say it, and end with 1', async () => {
    const cwd = await folderWithStore();
    const [file = ''] = readdirSync(join(cwd, 'pixstore-images'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /[0-9a-f]{32}$/.test(name.split('/').at(-1) ?? ''))
      .slice(-1);
    writeFileSync(join(cwd, 'pixstore-images', file), 'damaged');
    const { code, stdout, stderr } = await runCli(['keys', 'reencrypt', '--json', '--quiet'], { cwd });
    expect(code).toBe(1);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ summary: { reencrypted: 2, failed: 1 } });
    expect(stderr).toContain('cats:tom');
    writeFileSync(join(cwd, 'whole.png'), photo('cat.png'));
    writeFileSync(join(cwd, 'half.png'), photo('cat.png').subarray(0, 20));
    writeFileSync(join(cwd, 'empty.png'), '');
    const saved = await runCli(['save', 'whole.png', 'half.png', 'empty.png', '--json'], { cwd });
    expect(saved.code).toBe(1);
    expect(jsonLines(saved.stdout)).toMatchObject([
      { file: 'whole.png', outcome: 'saved' },
      { file: 'half.png', outcome: 'failed', error: { code: 'IMAGE_TRUNCATED' } },
      { file: 'empty.png', outcome: 'skipped' },
      { summary: { saved: 1, there: 0, skipped: 1, failed: 1 } },
    ]);
    expect(existsSync(join(cwd, 'pixstore-saved.jsonl'))).toBe(true);
  });
});
