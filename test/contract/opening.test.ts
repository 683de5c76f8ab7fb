import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createPixstoreBackend } from '../../src/backend/face/backend.js';
import type { BackendConfig } from '../../src/backend/face/config.js';
import { initPixstoreBackend } from '../../src/backend/face/default-instance.js';
import { createFetchHandler } from '../../src/backend/face/handlers.js';
import { createPooledRandom } from '../../src/backend/images/random.js';
import type { KeyWrapper } from '../../src/backend/keys/key-wrapper.js';
import { deriveMasterKey } from '../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../src/backend/keys/master-key-wrapper.js';
import { createMemoryStore } from '../../src/stores/memory/memory-store.js';
import type { ImageRecord } from '../../src/types/index.js';
import { masterKey, quietLogger } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { temporaryFolder } from '../support/folders.js';
import { photo } from '../support/photos.js';

const cat = photo('cat.png');

async function lazyPlace(config: BackendConfig = {}) {
  const folder = await temporaryFolder();
  const options: BackendConfig = {
    databasePath: join(folder, 'data', 'db.sqlite'),
    imageRootDir: join(folder, 'data', 'images'),
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
    logger: quietLogger(),
    ...config,
  };
  const create = (more: BackendConfig = {}) => {
    const backend = createPixstoreBackend({ ...options, ...more });
    onTestFinished(() => backend.close());
    return backend;
  };
  return { folder, options, create, made: () => readdirSync(folder) };
}

/** A wrapper that answers later, over a key of its own. */
function slowWrapper(id = 'kms:test'): KeyWrapper & { calls: number; fail: boolean } {
  const { wrap, unwrap } = masterKeyWrapper(deriveMasterKey(new Uint8Array(32).fill(5)), createPooledRandom());
  const slow = {
    id,
    calls: 0,
    fail: false,
    async wrap(...args: Parameters<typeof wrap>) {
      slow.calls += 1;
      if (slow.fail) throw new Error('the key server is down');
      return wrap(...args);
    },
    async unwrap(...args: Parameters<typeof unwrap>) {
      slow.calls += 1;
      if (slow.fail) throw new Error('the key server is down');
      return unwrap(...args);
    },
  };
  return slow;
}

describe('a backend without an endpoint of its own', () => {
  test('makes nothing before it is needed, no database, no folder and no key file', async () => {
    const { create, made } = await lazyPlace();
    const backend = create();
    expect(made()).toEqual([]);
    await backend.close();
    expect(made()).toEqual([]);
  });

  const needs: [string, (backend: ReturnType<typeof createPixstoreBackend>) => unknown][] = [
    ['open()', (backend) => backend.open()],
    ['waiting for ready', (backend) => backend.ready],
    ['asking for health', (backend) => backend.health()],
    ['saving', (backend) => backend.saveImage(cat)],
    ['a look-up', (backend) => backend.getImageRecord('none')],
    ['a look-up of many', (backend) => backend.getImageRecords(['none'])],
    ['asking for figures', (backend) => backend.stats()],
    ['a request', (backend) => createFetchHandler(backend)(new Request('http://localhost/-/health'))],
    ['a key that is exchanged', (backend) => backend.rotateMasterKey()[Symbol.asyncIterator]().next()],
    ['a deletion', (backend) => backend.deleteImage('none')],
    ['asking for the store', (backend) => backend.store.usage()],
  ];
  test.each(needs)('is opened by %s', async (_, need) => {
    const { create, folder } = await lazyPlace({ masterKey });
    await need(create());
    expect(existsSync(join(folder, 'data', 'db.sqlite'))).toBe(true);
  });

  test('is told at once of options and keys that are wrong', async () => {
    const { create } = await lazyPlace();
    await failure('MASTER_KEY_INVALID', () => create({ masterKey: 'short' }));
    vi.stubEnv('PIXSTORE_MASTER_KEY', ' ');
    onTestFinished(() => void vi.unstubAllEnvs());
    await failure('MASTER_KEY_INVALID', () => create());
    await failure('CONFIG_INVALID', () => create({ keyFile: 'never' as 'require' }));
    await failure('CONFIG_INVALID', () => create({ masterKey: { id: 'x' } as unknown as KeyWrapper }));
  });

  test('tries again what failed', async () => {
    const { create, folder } = await lazyPlace({ masterKey });
    writeFileSync(join(folder, 'data'), 'in the way');
    const backend = create();
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(backend.open()).rejects.toThrow();
      await expect(backend.saveImage(cat)).rejects.toThrow();
      expect(() => backend.getImageRecord('none')).toThrow();
    }
    rmSync(join(folder, 'data'));
    await backend.open();
    expect(await backend.saveImage(cat)).not.toBeNull();
  });

  test('does without a key file where one is required, until it is there', async () => {
    const { create, folder } = await lazyPlace({ keyFile: 'require' });
    const backend = create();
    await failure('MASTER_KEY_MISSING', () => backend.open());
    expect(existsSync(join(folder, 'data', 'db.sqlite.key'))).toBe(false);
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data', 'db.sqlite.key'), `${masterKey}\n`, { mode: 0o600 });
    await backend.open();
    expect(await backend.saveImage(cat)).not.toBeNull();
  });

  test('takes a key file that lies elsewhere, before the environment, and for a store of its own as well', async () => {
    vi.stubEnv('PIXSTORE_MASTER_KEY', Buffer.alloc(32, 9).toString('hex'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const { create, folder } = await lazyPlace();
    const keyFilePath = join(folder, 'elsewhere.key');
    const backend = create({ keyFilePath });
    await backend.open(); // makes it
    expect(readFileSync(keyFilePath, 'utf8')).toMatch(/^[\w+/]{43}=\n$/);
    expect(existsSync(join(folder, 'data', 'db.sqlite.key'))).toBe(false);
    await backend.saveImage(cat);

    const store = createMemoryStore();
    const missing = create({ keyFilePath: join(folder, 'none.key'), store });
    await failure('MASTER_KEY_MISSING', () => missing.open());
    expect(existsSync(join(folder, 'none.key'))).toBe(false);
    const { masterKeys } = (await create({ keyFilePath, store }).keys()) ?? {};
    expect(masterKeys?.map(({ id }) => id)).toEqual((await backend.keys())?.masterKeys.map(({ id }) => id));
    await failure('CONFIG_INVALID', () => create({ keyFilePath: '' }));
  });

  test('tells which keys there are, and which of them are needed', async () => {
    const { create } = await lazyPlace({ masterKey });
    const backend = create();
    await backend.saveImage(cat);
    const [was] = (await backend.keys())?.masterKeys ?? [];
    expect(was?.wraps).toBe(2);
    await backend.close();
    const rotating = create({ masterKey: [Buffer.alloc(32, 9).toString('hex'), masterKey] });
    for await (const _ of rotating.rotateMasterKey());
    const overview = await rotating.keys();
    expect(overview?.masterKeys).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{16}$/), wraps: 3 },
      { id: was?.id, wraps: 0 },
    ]);
    expect(overview?.storeKeys.map(({ purpose, until }) => [purpose, until === null])).toEqual([
      ['proof', true],
      ['store', true],
      ['proof', false],
    ]);
    expect(JSON.stringify(overview)).not.toContain(masterKey);
  });

  test('is opened once, whoever asks at the same time', async () => {
    const { create } = await lazyPlace();
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const backend = create({ logger: { info: say, warn: say, error: say } });
    await Promise.all([
      backend.open(),
      backend.ready,
      backend.saveImage(cat),
      backend.saveImage(cat),
      backend.health(),
    ]);
    expect(lines.filter((line) => line.includes('made a master key'))).toHaveLength(1);
    expect((await backend.stats())?.images).toBe(2);
  });

  test('the one of the module is as lazy', async () => {
    const { options, made } = await lazyPlace({ masterKey });
    const backend = initPixstoreBackend(options);
    onTestFinished(() => backend.close());
    expect(made()).toEqual([]);
    await backend.open();
    expect(made()).toEqual(['data']);
  });

  test('fails after it was closed, and opens nothing then', async () => {
    const { create, made } = await lazyPlace({ masterKey });
    const backend = create();
    await backend.close();
    await failure('BACKEND_CLOSED', () => backend.open());
    await failure('BACKEND_CLOSED', () => backend.getImageRecord('none'));
    await failure('BACKEND_CLOSED', () => backend.store);
    await failure('BACKEND_CLOSED', () => backend.stats());
    // Through a server of the application's, which still runs.
    const headers = { 'x-pixstore-proof': 'none' };
    const images = createFetchHandler(backend);
    for (const path of ['none', '-/health'])
      await (await images(new Request(`http://localhost/${path}`, { headers }))).arrayBuffer();
    expect(made()).toEqual([]);
  });
});

describe('a backend with an endpoint', () => {
  test('is opened at once, and says at once what keeps it from that', async () => {
    const { create, folder } = await lazyPlace({
      masterKey,
      defaultEndpointEnabled: true,
      defaultEndpointListenPort: 17_483,
    });
    writeFileSync(join(folder, 'data'), 'in the way');
    expect(() => create()).toThrow();
    rmSync(join(folder, 'data'));
    await create().ready;
    expect(existsSync(join(folder, 'data', 'db.sqlite'))).toBe(true);
  });
});

describe('a key wrapper that takes its time', () => {
  test('is waited for by open() and by calls that can wait; others say what to do', async () => {
    const wrapper = slowWrapper();
    const { create } = await lazyPlace({ masterKey: wrapper });
    const first = create();
    const error = await failure('BACKEND_NOT_OPEN', () => first.getImageRecord('one'));
    expect(error.message).toContain('open()');
    await failure('BACKEND_NOT_OPEN', () => first.imageExists('one'));
    const record = (await first.saveImage(cat, { id: 'one' })) as ImageRecord;
    expect(first.getImageRecord('one')?.meta).toEqual(record.meta);
    await first.close();

    const second = create();
    await failure('BACKEND_NOT_OPEN', () => second.getImageRecord('one'));
    await second.open();
    const { calls } = wrapper;
    expect(second.getImageRecord('one')?.meta).toEqual(record.meta);
    for (let times = 0; times < 20; times += 1) await second.saveImage(cat, { dir: `user-${times}` });
    expect(wrapper.calls, 'asked for an image').toBe(calls);
  });

  test('is waited for by requests', async () => {
    const { create } = await lazyPlace({ masterKey: slowWrapper() });
    const before = create();
    const { id } = (await before.saveImage(cat, { id: 'one' })) as ImageRecord;
    await before.close();
    const backend = create();
    const response = await createFetchHandler(backend)(new Request(`http://localhost/${id}`));
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(4)); // no proof
    const record = backend.getImageRecord(id) as ImageRecord;
    const headers = { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': `${record.token}` };
    const good = await createFetchHandler(backend)(new Request(`http://localhost/${id}`, { headers }));
    expect(new Uint8Array(await good.arrayBuffer())[0]).toBe(0);
  });

  test('that fails at opening is said, also over an empty store, and is asked again', async () => {
    const wrapper = slowWrapper();
    const { create } = await lazyPlace({ masterKey: wrapper });
    wrapper.fail = true;
    const backend = create();
    for (let tries = 0; tries < 2; tries += 1) {
      const error = await failure('KEY_WRAPPER_FAILED', () => backend.open());
      expect(error.message).toContain('kms:test');
      await failure('KEY_WRAPPER_FAILED', () => backend.saveImage(cat));
    }
    wrapper.fail = false;
    await backend.open();
    const record = await backend.saveImage(cat, { id: 'one' });
    wrapper.fail = true;
    // A key server that is down stops nobody who is up.
    expect(backend.getImageRecord('one')?.meta).toEqual(record?.meta);
    await backend.saveImage(cat, { dir: 'other' });
    await backend.updateImage('one', cat);
    await backend.close();
    await failure('KEY_WRAPPER_FAILED', () => create().open());
  });

  test('takes over from a master key by a rotation, and hands it back', async () => {
    const wrapper = slowWrapper();
    const { create } = await lazyPlace();
    let backend = create({ masterKey });
    const record = await backend.saveImage(cat, { id: 'one' });
    for (const [to, from] of [
      [wrapper, masterKey],
      [masterKey, wrapper],
    ] as const) {
      await backend.close();
      backend = create({ masterKey: [to, from] });
      for await (const _ of backend.rotateMasterKey());
      await backend.close();
      await failure('MASTER_KEY_MISMATCH', () => create({ masterKey: from }).open());
      backend = create({ masterKey: to });
      await backend.open();
      expect(backend.getImageRecord('one')?.meta).toEqual(record?.meta);
    }
  });
});
