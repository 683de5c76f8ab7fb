import { cp, mkdtemp } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { createProject } from './documents.js';
import { resultOf, roundTrip, withSqlite } from './round-trip.js';
import { root, run, runModule } from './run.js';

const { app } = inject('packed');

const emptyFolder = () => mkdtemp(join(app, 'run-'));

test('every entry can be imported', async () => {
  // Beside the packages that some of them stand on.
  const output = await runModule(
    await createProject(app, 'entries'),
    `
    import manifest from 'pixstore/package.json' with { type: 'json' };
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    for (const entry of entries) await import('pixstore' + entry.slice(1));
    console.log(entries.length);
    `,
  );
  expect(Number(output)).toBeGreaterThanOrEqual(10);
});

test('every entry can be required, too, by a CommonJS program', async () => {
  const code = "for (const name of ['backend', 'frontend', 'shared', 'types']) require('pixstore/' + name);";
  await run(process.execPath, ['--input-type=commonjs', '--eval', code], app, { NODE_NO_WARNINGS: '1' });
});

// That the program ends at all shows that nothing is left that keeps it alive.
test('importing the frontend in Node does nothing: no global, no output, no open handle', async () => {
  const output = await runModule(
    app,
    `
    const before = Reflect.ownKeys(globalThis);
    await import('pixstore/frontend');
    process.on('exit', () => console.log(Reflect.ownKeys(globalThis).length - before.length));
    `,
  );
  expect(output).toBe('0\n');
});

test('without better-sqlite3 it works from Node 24 on, and before that init says what to install', async () => {
  const major = Number.parseInt(process.versions.node, 10);
  const result = runModule(await emptyFolder(), roundTrip);
  if (major >= 24) return void (await result);
  await expect(result).rejects.toThrow('SQLITE_MISSING');
  await expect(result).rejects.toThrow(`npm install better-sqlite3@${major < 22 ? 12 : 13}`);
});

test('with a better-sqlite3 that was not built, as pnpm and ignore-scripts leave it, init says how to build it', async () => {
  const folder = await emptyFolder();
  for (const part of ['package.json', 'lib']) {
    await cp(join(root, 'node_modules/better-sqlite3', part), join(folder, 'better-sqlite3', part), {
      recursive: true,
    });
  }
  const result = runModule(folder, roundTrip, { NODE_PATH: [folder, withSqlite.NODE_PATH].join(delimiter) });
  if (Number.parseInt(process.versions.node, 10) >= 24) return void (await result);
  await expect(result).rejects.toThrow('SQLITE_MISSING');
  await expect(result).rejects.toThrow('npm rebuild better-sqlite3 --ignore-scripts=false');
});

test('saves an image and hands out its record', async () => {
  const output = await runModule(await emptyFolder(), roundTrip, withSqlite);
  expect(resultOf(output).id).toMatch(/^avatars:[A-Za-z0-9_-]+$/);
  // An Updated payload: state, token, key, IV, tag, and the ciphertext of format byte and image.
  expect(resultOf(output).payload).toBe(1 + 8 + 32 + 12 + 16 + 1 + resultOf(output).image);
});
