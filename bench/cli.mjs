// `node bench/cli.mjs`: what the command line takes: `check` beside what disk and AES-GCM alone take, `save` beside a program
// that saves, memory by the number of images, and what a server's users notice of each command beside it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endWithUs } from './contestants/children.mjs';
import { load } from './contestants/get.mjs';
import { stampedImageOf } from './contestants/images.mjs';
import { freePort, settle, startIn } from './contestants/start.mjs';
import { median, percentile } from './report/line.mjs';
import { keep } from './report/results.mjs';
import { align } from './report/table.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean' },
    'no-build': { type: 'boolean' },
  },
});
const quick = options.quick ?? false;
const count = Number(options.count ?? (quick ? 5_000 : 100_000));
if (!(count >= 1_000))
  throw new Error('node bench/cli.mjs [--count 100000] [--only check,save] [--quick] [--no-build]');
/** KiB of an image, and how many of them. */
const galleries = [
  [5, count],
  [56, Math.ceil(count / 5)],
  [528, Math.ceil(count / 50)],
];
const rounds = quick ? 1 : 5;
const kibibyte = 1024;
const program = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const floor = fileURLToPath(new URL('contestants/read-and-decrypt.mjs', import.meta.url));
const copying = fileURLToPath(new URL('contestants/copying.mjs', import.meta.url));
const masterKey = Buffer.alloc(32, 7).toString('base64');

if (!options['no-build']) buildProject();
const place = makePlace();
const machine = describeMachine(place);
/** @type {Record<string, () => Promise<Record<string, string | number>[]>>} */
const measures = { check, save, backup, memory, beside };
const chosen = options.only?.split(',') ?? Object.keys(measures);
/** @type {Record<string, Record<string, string | number>[]>} */
const results = {};
for (const name of chosen) {
  console.log(`  measuring: ${name}`);
  results[name] = await measures[name]();
}
for (const [name, rows] of Object.entries(results)) {
  const heads = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => heads.map((head) => shown(row[head])));
  const toTheRight = heads.map((head) => typeof rows[0]?.[head] === 'number');
  console.log(`\n${name}\n\n${align([heads, ...cells], toTheRight)}`);
}
if (!quick) {
  const kept = options.only ? JSON.parse(readFileSync(new URL('results/cli.json', import.meta.url), 'utf8')) : {};
  const commits = Object.fromEntries(chosen.map((name) => [name, commit()]));
  keep('cli', { machine, count, commits: { ...kept.commits, ...commits }, results: { ...kept.results, ...results } });
}

/** @param {string | number | undefined} value */
function shown(value) {
  if (typeof value !== 'number') return String(value ?? '');
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}

/** @param {number} images @param {number} size @returns {Promise<string>} the folder of a store */
async function storeOf(images, size) {
  const folder = mkdtempSync(join(place, 'store-'));
  const filling = await startIn(folder, 'ours');
  await filling.call('fill', { count: images, size, folders: 10 });
  await filling.end();
  settle(place);
  return folder;
}

/** @param {string} folder @param {string[]} words @param {string[]} [node] */
function startCommand(folder, words, node = []) {
  const where = ['--database', join(folder, 'images.sqlite'), '--image-dir', join(folder, 'images'), '--quiet'];
  const child = spawn(process.execPath, [...node, program, ...words, ...where], {
    cwd: folder,
    env: { ...process.env, PIXSTORE_MASTER_KEY: masterKey },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  endWithUs(child);
  return child;
}

/**
 * What a command took, as the process itself tells when it ends: ms, ms of processors, MiB at the most.
 *
 * @param {string} folder
 * @param {string[]} words
 * @returns {Promise<{ wall: number, cpu: number, peak: number }>}
 */
async function runCommand(folder, words) {
  const note = join(folder, 'took');
  const hook = `data:text/javascript,import{writeFileSync}from'node:fs';process.on('exit',()=>{const{user,system}=process.cpuUsage();writeFileSync(${JSON.stringify(note)},JSON.stringify({wall:performance.now(),cpu:(user+system)/1000,peak:process.resourceUsage().maxRSS/1024}))})`;
  const [code] = await once(startCommand(folder, words, ['--import', hook]), 'exit');
  if (code !== 0) throw new Error(`pixstore ${words.join(' ')} ended with ${code}.`);
  return JSON.parse(readFileSync(note, 'utf8'));
}

/** Images a second, beside a program that only reads and decrypts them, round by round. */
async function check() {
  const rows = [];
  for (const [size, images] of galleries) {
    const folder = await storeOf(images, size * kibibyte);
    /** @type {Record<'check' | 'info' | 'read' | 'both', { wall: number, cpu: number }[]>} */
    const took = { check: [], info: [], read: [], both: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const what of /** @type {const} */ (['read', 'both'])) {
        took[what].push(JSON.parse(execFileSync(process.execPath, [floor, folder, what], { encoding: 'utf8' })));
      }
      took.check.push(await runCommand(folder, ['check']));
      took.info.push(await runCommand(folder, ['info'])); // what it takes to start
    }
    const of = (/** @type {keyof typeof took} */ what, /** @type {'wall' | 'cpu'} */ kind) =>
      median(took[what].map((each) => each[kind]));
    const wall = of('check', 'wall') - of('info', 'wall');
    rows.push({
      size: `${size} KB`,
      images,
      'check /s': images / (wall / 1000),
      'read and decrypted /s': images / (of('both', 'wall') / 1000),
      'of that': of('both', 'wall') / wall,
      'of that, by CPU': of('both', 'cpu') / (of('check', 'cpu') - of('info', 'cpu')),
      'only read /s': images / (of('read', 'wall') / 1000),
    });
    rmSync(folder, { recursive: true });
  }
  return rows;
}

/** A thousand photos, beside a program that saves the same bytes with as many at once. */
async function save() {
  const [photos, size, images] = [mkdtempSync(join(place, 'photos-')), 56 * kibibyte, 1_000];
  for (let number = 0; number < images; number += 1) {
    const stamp = Buffer.alloc(8);
    stamp.writeUInt32BE(number);
    writeFileSync(join(photos, `${number}.jpg`), stampedImageOf(size, stamp));
  }
  settle(place);
  const [ours, theirs] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (let round = 0; round < rounds; round += 1) {
    const folder = mkdtempSync(join(place, 'saved-'));
    mkdirSync(join(folder, 'images'));
    await runCommand(folder, ['save', join(photos, '0.jpg')]); // makes the store
    const start = (await runCommand(folder, ['info'])).wall;
    ours.push(images / (((await runCommand(folder, ['save', photos])).wall - start) / 1000));
    rmSync(folder, { recursive: true });
    const other = mkdtempSync(join(place, 'other-'));
    const saving = await startIn(other, 'ours');
    theirs.push(await saving.call('saveAndRemove', { size, concurrency: 64, count: images }));
    await saving.end();
    rmSync(other, { recursive: true });
    settle(place);
  }
  return [
    {
      photos: images,
      'save /s': median(ours),
      'a program /s': median(theirs),
      'of that': median(ours) / median(theirs),
    },
  ];
}

/** Images a second, without the start of a program; and how much faster a backup is of which nothing is new. */
async function backup() {
  const rows = [];
  for (const [size, images] of galleries) {
    const folder = await storeOf(images, size * kibibyte);
    const [backups, restored, copied] = ['backups', 'restored', 'copied'].map((name) => join(folder, name));
    /** @type {Record<string, number[]>} */
    const times = { first: [], unchanged: [], some: [], verify: [], restore: [], copy: [] };
    const timed = (/** @type {string} */ what, /** @type {string[]} */ ...words) => {
      settle(place);
      const env = { ...process.env, PIXSTORE_MASTER_KEY: masterKey };
      times[what]?.push(Number(execFileSync(process.execPath, [copying, ...words], { encoding: 'utf8', env })));
    };
    for (let round = 0; round < rounds; round += 1) {
      timed('first', 'backup', folder, backups);
      for (let again = 0; again < 3; again += 1) timed('unchanged', 'backup', folder, backups);
      const filling = await startIn(folder, 'ours');
      await filling.call('fill', { count: Math.ceil(images / 100), size: size * kibibyte });
      await filling.end();
      timed('some', 'backup', folder, backups);
      timed('verify', 'verify', folder, backups);
      timed('restore', 'restore', restored, backups);
      timed('copy', 'copy', folder, copied);
      for (const made of [backups, restored, copied]) rmSync(made, { recursive: true });
    }
    const rate = (/** @type {number[]} */ values = []) => images / (median(values) / 1000);
    rows.push({
      size: `${size} KB`,
      images,
      'first backup /s': rate(times.first),
      'MB/s': (rate(times.first) * size * kibibyte) / 1e6,
      'unchanged, ms': median(times.unchanged),
      'times faster': median(times.first) / median(times.unchanged),
      '1 % new, ms': median(times.some),
      'verify /s': rate(times.verify),
      'restore /s': rate(times.restore),
      'copy /s': rate(times.copy),
    });
    rmSync(folder, { recursive: true });
  }
  return rows;
}

/** The most memory that a command takes, by the number of images. */
async function memory() {
  const rows = [];
  const stores = [await storeOf(Math.ceil(count / 10), 1_024), await storeOf(count, 1_024)];
  // Left over, all in one session: `sweep` lists them.
  const backups = ['backup', 'verify'].map((command) => [command, 'backups']);
  for (const words of [['list'], ['check'], ['check', '--fast'], ['sweep'], ['keys', 'reencrypt'], ...backups]) {
    const [few, many] = [await runCommand(stores[0], words), await runCommand(stores[1], words)];
    rows.push({
      command: words.join(' '),
      [`MiB, ${count / 10} images`]: few.peak,
      [`MiB, ${count} images`]: many.peak,
    });
  }
  for (const folder of stores) rmSync(folder, { recursive: true });
  return rows;
}

/** The p99 of a server under load: alone, beside two threads that only compute, and beside each command. */
async function beside() {
  const [rate, connections, asked, slice] = [500, 16, 100, 500];
  const folder = await storeOf(Math.ceil(count / 5), 5 * kibibyte);
  const photos = mkdtempSync(join(place, 'photos-'));
  for (let number = 0; number < 2_000; number += 1) {
    const stamp = Buffer.alloc(8);
    stamp.writeUInt32BE(number);
    writeFileSync(join(photos, `${number}.jpg`), stampedImageOf(56 * kibibyte, stamp));
  }
  const filling = await startIn(folder, 'ours');
  await filling.call('fill', { count: asked, size: 5 * kibibyte });
  const list = await filling.call('someIds', { count: asked });
  await filling.end();
  const port = await freePort();
  const server = await startIn(folder, 'ours', { port });
  await server.call('adoptIds', { list });

  /** @param {() => boolean} isOver @param {number} [slices] */
  async function underLoad(isOver, slices = Number.POSITIVE_INFINITY) {
    /** @type {number[]} */
    const latencies = [];
    for (let done = 0; done < slices && !isOver(); done += 1) {
      const records = await server.call('handOut', { count: asked });
      latencies.push(...(await load({ port, records, connections, duration: slice, rate })).latencies);
    }
    latencies.sort((a, b) => a - b);
    return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  }

  const busy = [
    '-e',
    "new (require('worker_threads').Worker)('for (;;);', { eval: true }).once('online', () => { for (;;); })",
  ];
  await runCommand(folder, ['backup', 'backups']);
  await underLoad(() => false, 4); // until everything is warm
  const rows = [];
  const commands = [
    ['check'],
    ['check', '--rate', '500'],
    ['sweep'],
    ['list'],
    ['save', photos],
    ['keys', 'reencrypt', '--rate', '300'],
    ['keys', 'rotate'],
    ['backup', 'first'],
    ['backup', 'slowly', '--rate', '500'],
    ['verify', 'backups', '--rate', '500'],
    ['copy', '--to-database', join(folder, 'new.sqlite'), '--to-image-dir', join(folder, 'new'), '--rate', '500'],
  ];
  for (const words of commands) {
    const alone = await underLoad(() => false, quick ? 2 : 10);
    const child = startCommand(folder, words);
    const ended = once(child, 'exit');
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    const during = await underLoad(() => isOver, quick ? 4 : 20);
    child.kill('SIGKILL');
    await ended;
    rows.push({
      command: words.filter((word) => word !== photos && !word.includes(folder) && !word.startsWith('--to')).join(' '),
      'alone p99 ms': alone.p99,
      'beside p99 ms': during.p99,
      times: during.p99 / alone.p99,
    });
  }
  const floorChild = spawn(process.execPath, busy, { stdio: 'ignore' });
  endWithUs(floorChild);
  const alone = await underLoad(() => false, 1);
  floorChild.kill('SIGKILL');
  rows.push({
    command: 'two threads that only compute',
    'alone p99 ms': Number.NaN,
    'beside p99 ms': alone.p99,
    times: Number.NaN,
  });
  await server.end();
  return rows;
}
