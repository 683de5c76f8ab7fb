import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quickFolder } from '../fault/support/quick-folder.js';
import { freePort } from '../package/free-port.js';
import { smallPicture, withMorePixels } from '../support/small-picture.js';
import { jsonLines, program, runCli, startCli } from './support/run-cli.js';
import { folderWithStore, pathsIn, withStore } from './support/store.js';

test('wrong usage ends with 2 and one line with a code', async () => {
  const cwd = await quickFolder();
  for (const words of [['frobnicate'], ['list', '--frob'], ['list', '--limit', 'many'], ['get'], ['list', 'UPPER']]) {
    const { code, stdout, stderr } = await runCli(words, { cwd: words[1] === 'UPPER' ? await folderWithStore() : cwd });
    expect(code, words.join(' ')).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^pixstore: [A-Z].*[.?)] \([A-Z_]+\)\n$/);
  }
});

test('help goes to stdout and ends with 0; nothing to do shows it on stderr and ends with 2', async () => {
  const cwd = await quickFolder();
  const asked = await runCli(['help', 'list'], { cwd });
  expect(asked).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Usage: pixstore list') });
  const bare = await runCli([], { cwd });
  expect(bare).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Usage: pixstore') });
});

test('a store that is not there ends with 3, and none is made', async () => {
  const cwd = await quickFolder();
  const { code, stderr } = await runCli(['list'], { cwd });
  expect(code).toBe(3);
  expect(stderr).toContain('(STORE_NOT_FOUND)');
  expect((await runCli(['list'], { cwd })).code).toBe(3);
});

test('errors are JSON with --json, and carry a stack only with --verbose', async () => {
  const cwd = await quickFolder();
  const plain = await runCli(['list', '--json'], { cwd });
  expect(jsonLines(plain.stderr)).toEqual([{ error: { code: 'STORE_NOT_FOUND', message: expect.any(String) } }]);
  const verbose = await runCli(['list', '--verbose'], { cwd });
  expect(verbose.stderr).toMatch(/^ {4}at /m);
});

test('a key that does not fit and a key file that is missing end with 3, and show no key', async () => {
  const cwd = await folderWithStore();
  const key = Buffer.alloc(32, 9).toString('base64');
  const wrong = await runCli(['list', '--verbose'], { cwd, env: { PIXSTORE_MASTER_KEY: key } });
  expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('(MASTER_KEY_MISMATCH)') });
  const garbled = await runCli(['list', '--verbose'], { cwd, env: { PIXSTORE_MASTER_KEY: key.slice(0, 40) } });
  expect(garbled).toMatchObject({ code: 3, stderr: expect.stringContaining('(MASTER_KEY_INVALID)') });
  const missing = await runCli(['list', '--key-file', 'none.key'], { cwd });
  expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('(MASTER_KEY_MISSING)') });
  expect(wrong.stderr + garbled.stderr).not.toContain(key.slice(0, 20));
});

test('--config gives the options of a backend; the command line goes before it', async () => {
  const cwd = await folderWithStore();
  const elsewhere = await quickFolder();
  const config = join(elsewhere, 'store.mjs');
  writeFileSync(config, `export default async () => (${JSON.stringify(pathsIn(cwd))});`);
  const { stdout } = await runCli(['list', '--json', '--config', config], { cwd: elsewhere });
  expect(jsonLines(stdout).map(({ id }) => id)).toEqual(['cats:kitty', 'cats:tom', 'rocket']);
  const over = await runCli(['list', '--config', config, '--database', 'none.sqlite'], { cwd: elsewhere });
  expect(over).toMatchObject({ code: 3, stderr: expect.stringContaining('none.sqlite') });
  const gone = await runCli(['list', '--config', 'none.mjs'], { cwd: elsewhere });
  expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('(CONFIG_INVALID)') });
});

test.skipIf(!existsSync('/dev/full'))('results that cannot be written end with 4', async () => {
  const line = `'${process.execPath}' '${program}' list > /dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: await folderWithStore(), encoding: 'utf8' });
  expect({ status, stderr }).toEqual({
    status: 4,
    stderr: 'pixstore: The results cannot be written (ENOSPC). (FILE_UNWRITABLE)\n',
  });
});

test('nobody reads to the end: it ends quietly', async () => {
  const cwd = await folderWithStore();
  const line = `'${process.execPath}' '${program}' list | head -1`;
  const { stdout, stderr } = spawnSync('sh', ['-c', line], { cwd, encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toBe('');
});

test('what goes through a store does not look through its own memory once for every few pictures', async () => {
  const cwd = await quickFolder();
  const picture = withMorePixels(smallPicture(), Buffer.alloc(60_000));
  const images = Array.from({ length: 5_000 }, () => picture);
  await withStore(cwd, (backend) => Promise.all(images.map((image) => backend.saveImage(image))));
  const tracing = `data:text/javascript,import{setFlagsFromString}from'node:v8';setFlagsFromString('--trace-gc')`;
  const { code, stdout } = await runCli(['check'], { cwd, env: { NODE_OPTIONS: `--import ${tracing}` } });
  expect(code).toBe(0);
  expect(stdout).toContain('5,000 images read');
  expect(stdout.match(/Mark-Compact/g)?.length).toBeLessThan(8);
});

const tellsPriorities = `
  import { readdirSync } from 'node:fs';
  import { getPriority } from 'node:os';
  const priorities = () => [...new Set(readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread))))];
  process.on('exit', () => console.error('threads have ' + priorities()));
`;

test.runIf(process.platform === 'linux')(
  'threads of a command give way to servers, and those of a server do not',
  async () => {
    const cwd = await folderWithStore();
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(tellsPriorities)}` };
    const { stderr } = await runCli(['check'], { cwd, env });
    expect(stderr).toContain(`threads have ${constants.priority.PRIORITY_BELOW_NORMAL}\n`);
    const { child, said, ended } = startCli(
      ['serve', '--host', '127.0.0.1', '--port', String(await freePort()), '--json'],
      { cwd, env },
    );
    await said(/"port":/);
    child.kill('SIGTERM');
    expect((await ended).stderr).toContain(`threads have ${getPriority()}\n`);
  },
);
