import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type BackendConfig, createNodeHandler } from '../../src/backend/index.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { createMemoryStore } from '../../src/stores/memory/memory-store.js';
import type { ImageRecord } from '../../src/types/index.js';
import { listen } from '../contract/examples/support/listen.js';
import { masterKey, openBackend } from '../support/backend.js';
import { filesIn } from '../support/blobs.js';
import { type Endpoint, startEndpoint } from '../support/endpoint.js';
import { ownOptions } from '../support/options.js';
import { photo } from '../support/photos.js';
import { sendRaw, sendRequest } from '../support/raw-http.js';
import { batchRequest } from './support/connection.js';

const channels = ['save', 'update', 'delete', 'serve'].map((name) => `pixstore:${name}`);

/** Everything that is written down or published while a test runs, but for what a logger is told. */
function overhear(): string[] {
  const heard: string[] = [];
  const hear = (...things: unknown[]) => void heard.push(things.map(String).join(' '));
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(hear),
  );
  const hearEvent = (event: unknown) => hear(JSON.stringify(event));
  for (const name of channels) subscribe(name, hearEvent);
  process.on('warning', hear);
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
    for (const name of channels) unsubscribe(name, hearEvent);
    process.off('warning', hear);
  });
  return heard;
}

/** Asks for all that can be asked for, well and badly. @returns what is answered in words */
async function askForEverything({ backend, own, record, port, path, proof, goodTarget }: Endpoint): Promise<string[]> {
  const { id } = record;
  const said: string[] = [];
  const withProof = [`x-pixstore-proof: ${proof}`];
  const entries = [{ id, proof }, { id, proof, token: 'NaN' }, { id: `${id}/${proof}`, proof }, proof];
  const folder = dirname(own.databasePath);
  for (const answer of [
    await sendRequest(port, 'GET', goodTarget),
    await sendRequest(port, 'GET', `${path}?proof=${proof}`),
    await sendRequest(port, 'GET', path, withProof),
    await sendRequest(port, 'GET', `${path}?proof=${proof}&token=${proof}`),
    await sendRequest(port, 'DELETE', goodTarget),
    await sendRequest(port, 'GET', `/${proof}`),
    await sendRequest(port, 'GET', `${path}%?proof=${proof}%`),
    await sendRequest(port, 'GET', path, [`x-pixstore-proof: ${proof}\0`]),
    await sendRaw(port, batchRequest('/pixstore-image', entries, ['Connection: close'])),
    await sendRaw(port, batchRequest('/pixstore-image', [[[proof]]], ['Connection: close'])),
    await sendRequest(port, 'GET', '/pixstore-image/-/health'),
    await sendRequest(port, 'GET', '/pixstore-image/-/metrics'),
  ]) {
    said.push(JSON.stringify(answer.headers));
    if (answer.headers['content-type'] !== 'application/octet-stream') said.push(answer.body.toString('latin1'));
  }
  backend.getImageRecord(id);
  await backend.getImageRecords([id, `../${proof}`]);
  await backend.customEndpointHelper(id, 1, proof);
  await backend.saveImageFromFile(join(folder, 'none', 'cat.png'));
  await backend.saveImageFromFile(folder);
  await backend.updateImage(id, Buffer.from(`no picture ${proof}`));
  await backend.updateImage(id, photo('camera.webp'));
  await backend.deleteImage(id);
  await backend.backup(join(own.databasePath, 'backup'));
  await backend.backup(join(folder, 'backup'));
  await backend.saveImage(photo('camera.webp'), { id: 'another', dir: 'gallery' });
  said.push(JSON.stringify(await backend.stats()), JSON.stringify(await backend.health()));
  return said;
}

const onDatabase =
  (sql: string) =>
  ({ own }: Endpoint) => {
    const database = findDriver()(own.databasePath);
    database.exec(sql);
    database.close();
  };

const faults: [string, (endpoint: Endpoint) => unknown][] = [
  ['nothing', () => {}],
  ['the folder of images gone', ({ own }) => rmSync(own.imageRootDir, { recursive: true })],
  ['the files of images gone', ({ own }) => filesIn(own.imageRootDir).forEach((file) => void rmSync(file))],
  ['files cut off', ({ own }) => filesIn(own.imageRootDir).forEach((file) => void truncateSync(file, 10))],
  [
    'folders in place of files',
    ({ own }) =>
      filesIn(own.imageRootDir).forEach((file) => {
        rmSync(file);
        mkdirSync(file);
      }),
  ],
  [
    'links in place of files',
    ({ own }) =>
      filesIn(own.imageRootDir).forEach((file) => {
        renameSync(file, `${file}.moved`);
        symlinkSync(`${file}.moved`, file);
      }),
  ],
  [
    'a file in place of the folder',
    ({ own }) => {
      rmSync(own.imageRootDir, { recursive: true });
      writeFileSync(own.imageRootDir, '');
    },
  ],
  ['a sealed key that was changed', onDatabase('UPDATE parts SET sealed_key = zeroblob(length(sealed_key))')],
  ['a row that names another file', onDatabase("UPDATE parts SET file = '/etc/passwd' WHERE file IS NOT NULL")],
  ['a token that is none', onDatabase('UPDATE parts SET token = -1')],
  ['no table of images', onDatabase('DROP TABLE parts')],
  ['no tables at all', onDatabase('DROP TABLE parts; DROP TABLE counters; DROP TABLE sessions; DROP TABLE store')],
];

describe('neither logs nor answers, events or figures carry a proof, a key or a path: with', () => {
  test.each(faults)('%s', async (_, damage) => {
    const heard = overhear();
    const config: BackendConfig = { errorHandlingMode: 'warn', metrics: true, memoryCacheBytes: 0 };
    const endpoint = await startEndpoint('cat.png', config);
    // The file of its record is read before the damage, so that some of it is in memory and some is not.
    await endpoint.backend.saveImage(photo('brick.webp'), { id: 'inline', dir: 'gallery' });
    await damage(endpoint);
    const said = await askForEverything(endpoint);
    await endpoint.backend.close();
    expect(endpoint.own.logger.lines).not.toEqual([]);
    expectNothingTold(endpoint, [...heard, ...said]);
  });

  // What an application throws may say anything.
  const careless = ({ proof, record, own }: Pick<Endpoint, 'proof' | 'record' | 'own'>) =>
    new Error(`${proof} with ${record.meta.key} in ${own.imageRootDir}/my photos/a.png`);

  test.each(['authorize', 'audience', 'clientOf', 'metrics'] as const)(
    '%s of the application failing',
    async (name) => {
      const heard = overhear();
      const endpoint = await withoutServer();
      const { own, record, proof } = endpoint;
      for (const fail of [
        () => Promise.reject(careless(endpoint)),
        () => {
          throw careless(endpoint);
        },
      ]) {
        const { url } = await listen(createNodeHandler(endpoint.backend, { [name]: fail }));
        const body = JSON.stringify({ version: 1, images: [{ id: record.id, proof }] });
        for (const [to, init] of [
          [`${url}/${record.id}?proof=${proof}`, {}],
          [url, { method: 'POST', body }],
          [`${url}/-/metrics`, {}],
        ] as const) {
          const answer = await fetch(to, init);
          heard.push(JSON.stringify([...answer.headers]));
          if (answer.headers.get('content-type') !== 'application/octet-stream') heard.push(await answer.text());
        }
      }
      expect(own.logger.lines.filter((line) => line.includes('failed'))).not.toEqual([]);
      expectNothingTold(endpoint, heard);
    },
  );

  test.each(['record', 'records', 'open', 'put', 'remove', 'usage', 'check'])(
    '%s of a store of the application failing',
    async (name) => {
      const heard = overhear();
      let endpoint: Endpoint | undefined;
      const store = new Proxy(createMemoryStore(), {
        get(target, property, receiver) {
          const value = Reflect.get(target, property, receiver);
          if (property !== name || !endpoint) return value;
          return () => {
            throw careless(endpoint as Endpoint);
          };
        },
      });
      endpoint = await startEndpoint('cat.png', {
        store,
        masterKey,
        memoryCacheBytes: 0,
        metrics: true,
        errorHandlingMode: 'silent',
      });
      const said = await askForEverything(endpoint);
      expectNothingTold(endpoint, [...heard, ...said]);
    },
  );
});

/** The same as an endpoint on a port of its own, for handlers of the application. */
async function withoutServer() {
  const own = await ownOptions();
  const limiter = { consume: async () => {} };
  const backend = await openBackend({ ...own, masterKey, metrics: true, rateLimit: { limiter } });
  const record = (await backend.saveImage(photo('cat.png'))) as ImageRecord;
  const secrets = [record.statelessProof, record.meta.key, masterKey];
  return { own, backend, record, proof: record.statelessProof, secrets };
}

function expectNothingTold(
  { own, record, secrets }: Pick<Endpoint, 'own' | 'record' | 'secrets'>,
  others: readonly string[],
): void {
  const hex = [record.meta.key, masterKey].map((key) => Buffer.from(key, 'base64').toString('hex'));
  const text = [...own.logger.lines, ...others].join('\n');
  for (const secret of [...secrets, ...hex, dirname(own.databasePath)]) expect(text).not.toContain(secret);
}
