import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { findDriver } from '../../src/stores/local/driver.js';
import { makePicture } from '../fault/kill/picture.mjs';
import { quickFolder } from '../fault/support/quick-folder.js';
import { freePort } from '../package/free-port.js';
import { masterKey } from '../support/backend.js';
import { root } from '../unit/docs/markdown.js';
import { jsonLines, runCli, startCli } from './support/run-cli.js';
import { folderWithStore, pathsIn } from './support/store.js';

test('save that is stopped ends what is under way, says so with 130, and goes on the next time', async () => {
  const cwd = await quickFolder();
  mkdirSync(join(cwd, 'photos'));
  for (let number = 0; number < 3_000; number += 1) {
    writeFileSync(join(cwd, 'photos', `${number}.png`), makePicture(String(number), 2_000));
  }
  const { child, ended, said } = startCli(['save', 'photos', '--json', '--parallel', '4'], { cwd });
  await said(/"outcome":"saved"/);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/\{"error":\{"code":"STOPPED","message":"Stopped."\}\}\n$/);
  const saved = jsonLines(stdout).filter(({ outcome }) => outcome === 'saved').length;
  expect(saved).toBeGreaterThan(0);
  expect(saved).toBeLessThan(3_000);
  const info = jsonLines((await runCli(['info', '--json'], { cwd })).stdout);
  expect(info).toMatchObject([{ images: saved, status: 'ok' }]);
  const again = await runCli(['save', 'photos', '--quiet', '--json'], { cwd });
  expect(jsonLines(again.stdout).at(-1)).toEqual({
    summary: { saved: 3_000 - saved, there: saved, skipped: 0, failed: 0 },
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops what waits for its turn at once', async (signal) => {
  const cwd = await folderWithStore();
  const words = ['keys', 'reencrypt', '--rate', '1kB', '--json'];
  const { child, ended, said } = startCli(words, { cwd });
  await said(/"outcome":"reencrypted"/);
  child.kill(signal);
  expect((await ended).code).toBe(130);
  const database = findDriver()(pathsIn(cwd).databasePath);
  database.exec('UPDATE parts SET ciphertext = zeroblob(size), file = NULL'); // whichever is read first
  database.close();
  const check = startCli(['check', '--rate', '1kB'], { cwd });
  await check.said(/ciphertext-damaged/);
  expect(getPriority(check.child.pid)).toBe(constants.priority.PRIORITY_BELOW_NORMAL); // a server goes first
  check.child.kill(signal);
  expect((await check.ended).code).toBe(130);
});

test('a second signal ends what does not end', async () => {
  const cwd = await quickFolder();
  const config = join(cwd, 'config.mjs');
  writeFileSync(
    config,
    `import { createMemoryStore } from '${pathToFileURL(join(root, 'dist/backend/index.js'))}';
    setInterval(() => {}, 1_000);
    const close = () => new Promise(() => process.stderr.write('closing'));
    export default { masterKey: '${masterKey}', store: () => ({ ...createMemoryStore(), close }) };`,
  );
  const { child, ended, said } = startCli(['list', '--config', config], { cwd });
  await said(/closing/);
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect((await ended).code).toBe(130);
});

test('serve serves until it is stopped, which is its end: exit code 0', async () => {
  const cwd = await folderWithStore();
  const port = await freePort();
  const { child, ended, said } = startCli(['serve', '--host', '127.0.0.1', '--port', String(port), '--json'], { cwd });
  await said(/"port":/);
  const health = await fetch(`http://127.0.0.1:${port}/pixstore-image/-/health`);
  expect(health.status).toBe(200);
  const idle = connect(port, '127.0.0.1'); // must not keep it from ending
  idle.on('error', () => {});
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  idle.destroy();
  expect(code).toBe(0);
  expect(jsonLines(stdout)).toEqual([{ address: '127.0.0.1', port }]);
  const busy = await runCli(['serve', '--port', '1', '--host', '192.0.2.1'], { cwd });
  expect(busy).toMatchObject({ code: 3, stderr: expect.stringContaining('(LISTEN_FAILED)') });
});
