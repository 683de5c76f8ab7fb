// `node bench/cloud.mjs`: 1, 2 and 4 servers behind nginx on one PostgreSQL and one S3, by how many pictures they find in
// memory; beside them the same pictures by presigned URLs, straight from S3, and by a query and a proxied read for each.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import pg from 'pg';
import { startBalancer } from './cloud/balancer.mjs';
import { fetchFor } from './cloud/load.mjs';
import { postgresTime } from './cloud/postgres-time.mjs';
import { startServices } from './cloud/services.mjs';
import { callsTo } from './contestants/calls.mjs';
import { endWithUs } from './contestants/children.mjs';
import { freePort } from './contestants/start.mjs';
import { median, percentile } from './report/line.mjs';
import { keep } from './report/results.mjs';
import { align } from './report/table.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, rounds: { type: 'string' }, 'no-build': { type: 'boolean' } },
});
const quick = options.quick ?? false;
const rounds = Number(options.rounds ?? (quick ? 1 : 5));
if (!(rounds >= 1)) throw new Error('node bench/cloud.mjs [--rounds 5] [--quick] [--no-build]');

const mebibyte = 1024 * 1024;
const size = 56 * 1024;
const [hot, cold] = [20, quick ? 60 : 300]; // images that are asked for again and again, and such that never are in memory
const memory = 4 * mebibyte; // has room for those, and few more
const connections = 16;
const [warmUp, duration] = quick ? [200, 400] : [700, 2_000];
const program = fileURLToPath(new URL('cloud/backend.mjs', import.meta.url));

if (!options['no-build']) buildProject();
const place = makePlace();
const machine = describeMachine(place);
const { databaseUrl, s3 } = startServices(place);
const [schema, bucket, prefix] = [
  `bench_${randomBytes(6).toString('hex')}`,
  `bench-${randomBytes(6).toString('hex')}`,
  'p',
];
const { endpoint, region, ...credentials } = s3;
const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
await client.send(new CreateBucketCommand({ Bucket: bucket }));
client.destroy();

const filler = await startBackend();
/** @type {string[]} */
const ids = await filler.call('fill', { count: hot + cold, size });
const records = (await filler.call('records', { ids })).map((/** @type {any} */ { id, token, statelessProof }) => ({
  path: `/pixstore-image/${id}`,
  headers: { 'x-pixstore-proof': statelessProof, 'x-pixstore-token': String(token) },
}));
const presigned = (await filler.call('presigned', { count: hot + cold })).map((/** @type {string} */ path) => ({
  path,
}));
const byHand = ids.map((_, at) => ({ path: `/by-hand/${at}` }));
const perBatch = 50;
const inBatches = await queriesInBatches();
const database = {
  'µs per look-up': await databaseTime(1),
  [`µs per look-up of ${perBatch}`]: await databaseTime(perBatch),
};
await filler.end();

/** @type {Record<string, string | number>[]} */
const results = [];
for (const servers of [1, 2, 4]) results.push(...(await measured(servers)));
const heads = Object.keys(results[0] ?? {});
const cells = results.map((row) => heads.map((head) => shown(row[head])));
console.log(
  `\n${align(
    [heads, ...cells],
    heads.map((head) => typeof results[0]?.[head] === 'number'),
  )}`,
);
console.log(`\nQueries for each image in batches of ${perBatch}: ${inBatches}`);
console.log('PostgreSQL:', database);
const admin = new pg.Client({ connectionString: databaseUrl });
await admin.connect();
await admin.query(`DROP SCHEMA "${schema}" CASCADE`);
await admin.end();
if (!quick)
  keep('cloud', {
    machine,
    commit: commit(),
    rounds,
    size,
    connections,
    queriesInBatches: inBatches,
    database,
    results,
  });
process.exit(); // ends the servers that were started

/** @param {string | number | undefined} value */
function shown(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return typeof value === 'string' ? value : '';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}

/** @param {{ port?: number, memoryCacheBytes?: number }} [settings] */
async function startBackend({ port = 0, memoryCacheBytes = memory } = {}) {
  const given = { databaseUrl, s3, bucket, prefix, schema, memoryCacheBytes, port };
  const child = fork(program, [JSON.stringify(given)], {
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  endWithUs(child);
  return callsTo(child, 'a server');
}

async function queriesInBatches() {
  const images = (await filler.call('records', { ids: ids.slice(0, perBatch) })).map((/** @type {any} */ record) => {
    const { id, token, statelessProof: proof } = record;
    return { id, token, proof };
  });
  await filler.call('reset');
  for (let round = 0; round < 20; round += 1)
    await filler.call('batch', { body: JSON.stringify({ version: 1, images }) });
  const { lookUps } = await filler.call('told');
  return lookUps / (20 * perBatch);
}

/** What a look-up of so many records takes of PostgreSQL's processor, in µs. @param {number} perQuery */
async function databaseTime(perQuery) {
  const count = (quick ? 1_000 : 20_000) / perQuery ** 0.5;
  await filler.call('lookUp', { ids: ids.slice(0, perQuery), count: 50 });
  const before = await postgresTime(databaseUrl);
  await filler.call('lookUp', { ids: ids.slice(0, perQuery), count });
  return ((await postgresTime(databaseUrl)) - before) / count;
}

/** All ways of getting a picture, in turns, with so many servers. @param {number} servers */
async function measured(servers) {
  console.log(`  measuring: ${servers} ${servers === 1 ? 'server' : 'servers'}`);
  const [with0, withMemory] = [await startFleet(servers, 0), await startFleet(servers, memory)];
  /** @param {object[]} paths @param {number} share of the hot ones */
  const mixed = (paths, share) => {
    let asked = 0;
    let walked = 0;
    return () => {
      asked += 1;
      const isCold = Math.floor(asked * (1 - share)) > Math.floor((asked - 1) * (1 - share));
      if (!isCold) return paths[asked % hot];
      walked += 1;
      return paths[hot + (walked % cold)];
    };
  };
  const ways = {
    'pixstore, 0 % in memory': { fleet: with0, next: mixed(records, 0.9) },
    'pixstore, 90 %': { fleet: withMemory, next: mixed(records, 0.9) },
    'pixstore, 99 %': { fleet: withMemory, next: mixed(records, 0.99) },
    'a query and a proxied read': { fleet: withMemory, next: mixed(byHand, 0.9) },
    'presigned, straight from S3': { fleet: null, next: mixed(presigned, 0.9) },
  };
  /** @type {Map<string, Record<string, number>[]>} */
  const runs = new Map(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, { fleet, next }] of Object.entries(ways)) {
      const origin = fleet?.origin ?? endpoint;
      await fetchFor({ origin, next, connections, duration: warmUp });
      await fleet?.reset();
      const { perSecond, latencies } = await fetchFor({ origin, next, connections, duration });
      const { lookUps = 0, queries = 0, reads = latencies.length, processor = 0 } = (await fleet?.counted()) ?? {};
      const asked = name.startsWith('pixstore') ? lookUps : queries;
      runs.get(name)?.push({
        perSecond,
        p99: percentile(latencies, 0.99),
        queries: asked / latencies.length,
        reads: reads / latencies.length,
        processor: processor / latencies.length,
      });
    }
  }
  for (const fleet of [with0, withMemory]) await fleet.end();
  const middle = (/** @type {string} */ name, /** @type {string} */ what) =>
    median((runs.get(name) ?? []).map((run) => run[what]));
  return Object.keys(ways).map((name) => ({
    servers,
    way: name,
    'images /s': middle(name, 'perSecond'),
    'of presigned': middle(name, 'perSecond') / middle('presigned, straight from S3', 'perSecond'),
    'p99 ms': middle(name, 'p99'),
    'queries per image': middle(name, 'queries'),
    'S3 reads per image': middle(name, 'reads'),
    'server µs per image': middle(name, 'processor'),
  }));
}

/** Servers behind nginx. @param {number} count @param {number} memoryCacheBytes */
async function startFleet(count, memoryCacheBytes) {
  const ports = [];
  const backends = [];
  for (let at = 0; at < count; at += 1) {
    const port = await freePort();
    ports.push(port);
    backends.push(await startBackend({ port, memoryCacheBytes }));
  }
  const port = await freePort();
  const balancer = await startBalancer(place, { port, servers: ports });
  return {
    origin: `http://127.0.0.1:${port}`,
    reset: () => Promise.all(backends.map(({ call }) => call('reset'))),
    async counted() {
      const sum = { lookUps: 0, queries: 0, reads: 0, processor: 0 };
      for (const { call } of backends) {
        const told = await call('told');
        for (const name of /** @type {const} */ (['lookUps', 'queries', 'reads', 'processor'])) sum[name] += told[name];
      }
      return sum;
    },
    async end() {
      await balancer.end();
      for (const backend of backends) await backend.end();
    },
  };
}
