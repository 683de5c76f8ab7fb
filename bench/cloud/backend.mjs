// One of several servers on the same PostgreSQL and S3: pixstore, and beside it what many do by hand, a query and a proxied
// read for each image. Counts what it asks of both.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Files } from 'files-sdk';
import { s3Fetch } from 'files-sdk/s3-fetch';
import pg from 'pg';
import { answerCalls } from '../contestants/calls.mjs';
import { imageOf } from '../contestants/images.mjs';
import { pixstore } from '../contestants/pixstore.mjs';

const { createNodeHandler, createPixstoreBackend, splitStore } = pixstore;
const { postgresRows } = await entry('postgres');
const { s3Blobs } = await entry('s3');

const { databaseUrl, s3, bucket, prefix, schema, memoryCacheBytes, port } = JSON.parse(process.argv[2]);
const { endpoint, region, accessKeyId, secretAccessKey } = s3;
const quiet = { info() {}, warn: console.warn, error: console.error };

const counts = { lookUps: 0, queries: 0, reads: 0 };
let usedBefore = process.cpuUsage();
const client = new S3Client({
  ...{ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 },
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
client.middlewareStack.add(
  (next, { commandName }) =>
    (args) => {
      if (commandName === 'GetObjectCommand') counts.reads += 1;
      return next(args);
    },
  { step: 'initialize' },
);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
const countedPool = {
  query: counting(pool),
  async connect() {
    const one = await pool.connect();
    return { query: counting(one), release: (/** @type {boolean} */ destroy) => one.release(destroy) };
  },
};
const store = splitStore(postgresRows({ pool: countedPool, schema }), s3Blobs({ client, bucket, prefix }), {
  logger: quiet,
});
const backend = createPixstoreBackend({
  ...{ store, memoryCacheBytes, masterKey: Buffer.alloc(32, 7).toString('base64'), logger: quiet },
  statelessKeyWindowLength: 3_600_000, // proofs outlive a run
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
});
await backend.ready;

const images = createNodeHandler(backend);
const server = createServer((request, response) => {
  const [, place, name] = request.url?.split('/') ?? [];
  if (place !== 'by-hand') return images(request, response);
  sendByHand(name, response).catch((error) => response.destroy(error));
});
if (port) server.listen(port, '127.0.0.1');

answerCalls({ fill, records, lookUp, presigned, batch, reset, told, close });

/** What users import, as `pixstore.mjs` finds it. @param {string} name */
function entry(name) {
  const { resolve } = createRequire(new URL('../../package.json', import.meta.url));
  return import(pathToFileURL(resolve(`pixstore/${name}`)).href);
}

/** @param {pg.Pool | pg.PoolClient} connection */
function counting(connection) {
  return (/** @type {any} */ query, /** @type {unknown[]} */ values) => {
    counts.queries += 1;
    // The key ring is looked at once a second, whatever is served.
    if (/\.parts p/.test(query.text ?? query)) counts.lookUps += 1;
    return connection.query(query, values);
  };
}

/** Who may see it, and where it lies; then its bytes, through this process. */
async function sendByHand(/** @type {string} */ name, /** @type {import('node:http').ServerResponse} */ response) {
  counts.queries += 1;
  const { rows } = await pool.query({
    name: 'by hand',
    text: `SELECT key FROM "${schema}".by_hand WHERE name = $1`,
    values: [name],
  });
  const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: rows[0].key }));
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': ContentLength });
  await pipeline(/** @type {import('node:stream').Readable} */ (Body), response);
}

/** The same pictures twice: as images of pixstore, and as plain objects with a row each. */
async function fill({ count = 0, size = 0 }) {
  const ids = [];
  for (let at = 0; at < count; at += 1) ids.push((await backend.saveImage(imageOf(size))).id);
  await pool.query(`CREATE TABLE "${schema}".by_hand (name text PRIMARY KEY, key text NOT NULL)`);
  for (let at = 0; at < count; at += 1) {
    const key = `${prefix}-by-hand/${at}`;
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: imageOf(size) }));
    await pool.query(`INSERT INTO "${schema}".by_hand VALUES ($1, $2)`, [String(at), key]);
  }
  return ids;
}

function records({ ids = [] }) {
  return backend.getImageRecords(ids);
}

/** The same records again and again, one query after the other. */
async function lookUp({ ids = [], count = 0 }) {
  for (let done = 0; done < count; done += 1) await backend.getImageRecords(ids);
}

/** Paths that anybody may fetch for an hour. */
async function presigned({ count = 0 }) {
  const adapter = s3Fetch({ bucket, endpoint, region, forcePathStyle: true, accessKeyId, secretAccessKey });
  const files = new Files({ adapter });
  const urls = Array.from({ length: count }, (_, at) => files.url(`${prefix}-by-hand/${at}`, { expiresIn: 3_600 }));
  return (await Promise.all(urls)).map((url) => url.slice(endpoint.length));
}

/** One batch, without HTTP. @returns how many bytes its answer has */
async function batch({ body = '' }) {
  let bytes = 0;
  for await (const piece of await backend.customEndpointBatchHelper(Buffer.from(body))) bytes += piece.length;
  return bytes;
}

function reset() {
  Object.assign(counts, { lookUps: 0, queries: 0, reads: 0 });
  usedBefore = process.cpuUsage();
}

/** What was asked since `reset`, and the time of the processor that it took, in µs. */
function told() {
  const { user, system } = process.cpuUsage(usedBefore);
  return { ...counts, processor: user + system };
}

async function close() {
  server.closeAllConnections();
  server.close();
  await backend.close();
  await pool.end();
  client.destroy();
}
