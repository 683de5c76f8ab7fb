// `node bench/migration.mjs`: how long a store of schema 2 with 100,000 images takes to open for the first time, copy of the
// database included, and how much memory; then how long it takes once that is done.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDatabase } from './contestants/raw-sqlite.mjs';
import { settle } from './contestants/start.mjs';
import { keep } from './report/results.mjs';
import { align } from './report/table.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const fixture = fileURLToPath(new URL('../test/fixtures/schema-2', import.meta.url));
const opening = fileURLToPath(new URL('./setup/open-once.mjs', import.meta.url));
const size = 5_000;
const insertedAtOnce = 5_000;

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, 'no-build': { type: 'boolean' } } });
const count = options.quick ? 5_000 : 100_000;
const runs = options.quick ? 1 : 3;

if (!options['no-build']) buildProject();
const place = makePlace();
const machine = describeMachine(place);
const lines = [];
for (const where of /** @type {const} */ (['rows', 'files'])) {
  for (let run = 0; run < runs; run += 1) {
    console.log(`  measuring: ${count.toLocaleString('en')} images in ${where}`);
    const folder = join(place, where);
    fill(folder, where);
    settle(place);
    const first = open(folder);
    const again = open(folder);
    lines.push({ where, megabytes: statSync(join(folder, 'images.sqlite')).size / 1e6, first, again });
    rmSync(folder, { recursive: true });
  }
}
const heads = ['', 'database', 'migration', 'memory', 'opened again', 'memory'];
const rows = lines.map(({ where, megabytes, first, again }) => [
  where,
  `${megabytes.toFixed(0)} MB`,
  ...[first, again].flatMap(({ ms, megabytes: memory }) => [`${ms.toFixed(0)} ms`, `${memory.toFixed(0)} MB`]),
]);
console.log(
  `\n${align(
    [heads, ...rows],
    heads.map(() => true),
  )}\n`,
);
if (!options.quick) keep('migration', { machine, commit: commit(), lines });

/**
 * A store of schema 2 with so many images more than the fixture has.
 *
 * @param {string} folder
 * @param {'rows' | 'files'} where their ciphertexts are
 */
function fill(folder, where) {
  cpSync(fixture, folder, { recursive: true });
  const [store = ''] = readdirSync(join(folder, 'images'));
  const [session = ''] = readdirSync(join(folder, 'images', store)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  mkdirSync(join(folder, 'images', store, session), { recursive: true });
  const database = openDatabase(join(folder, 'images.sqlite'));
  const insert = database.prepare('INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (let done = 0; done < count; done += insertedAtOnce) {
    database.exec('BEGIN');
    for (let index = 0; index < insertedAtOnce; index += 1) {
      const ciphertext = randomBytes(size);
      const file = where === 'files' ? `${session}/${randomBytes(16).toString('hex')}` : null;
      if (file) writeFileSync(join(folder, 'images', store, file), ciphertext);
      const keys = [randomBytes(12), randomBytes(16), randomBytes(69)];
      const id = `bench:${randomBytes(16).toString('hex')}`;
      insert.run(id, 1_767_225_600_000, size, ...keys, file, file ? null : ciphertext);
    }
    database.exec('COMMIT');
  }
  database.close();
}

/**
 * Opens it in a process of its own.
 *
 * @param {string} folder
 * @returns {{ ms: number, megabytes: number }}
 */
function open(folder) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [opening, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
