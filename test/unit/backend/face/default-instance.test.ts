import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPooledRandom } from '../../../../src/backend/images/random.js';
import * as pixstore from '../../../../src/backend/index.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../../../src/backend/keys/master-key-wrapper.js';
import { createMemoryStore } from '../../../../src/stores/memory/memory-store.js';
import { masterKey, quietLogger } from '../../../support/backend.js';
import { failure } from '../../../support/errors.js';
import { photo, photoPath } from '../../../support/photos.js';

function init() {
  const backend = pixstore.initPixstoreBackend({
    store: createMemoryStore(),
    masterKey,
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
  });
  onTestFinished(() => backend.close());
  return backend;
}

describe('the module-level functions', () => {
  test('work on one backend', async () => {
    init();
    const record = await pixstore.saveImage(photo('cat.png'), { dir: 'a', id: 'one' });
    expect(record?.id).toBe('a:one');
    await pixstore.updateImageFromFile('a:one', photoPath('coffee.webp'));
    const updated = await pixstore.updateImage('a:one', photo('cat.png'));
    expect(pixstore.getImageRecord('a:one')).toEqual(updated);
    expect(await pixstore.getImageRecords(['a:one'])).toEqual([updated]);
    const payload = await pixstore.customEndpointHelper('a:one', updated?.token, updated?.statelessProof);
    expect(payload?.[0]).toBe(pixstore.WirePayloadState.Success);
    const other = await pixstore.saveImageFromFile(photoPath('cat.png'));
    expect(pixstore.imageExists(other?.id as string)).toBe(true);
    expect(await pixstore.deleteImage('a:one')).toBe(true);
  });

  test('say that init is missing, before it and after close', async () => {
    const calls = [
      () => pixstore.saveImage(photo('cat.png')),
      () => pixstore.saveImageFromFile(photoPath('cat.png')),
      () => pixstore.updateImage('a', photo('cat.png')),
      () => pixstore.updateImageFromFile('a', photoPath('cat.png')),
      () => pixstore.deleteImage('a'),
      () => pixstore.imageExists('a'),
      () => pixstore.getImageRecord('a'),
      () => pixstore.getImageRecords(['a']),
      () => pixstore.customEndpointHelper('a'),
    ];
    for (const call of calls) {
      const error = await failure('BACKEND_NOT_INITIALIZED', call);
      expect(pixstore.getLastPixstoreError()).toBe(error);
    }
    await init().close();
    for (const call of calls) await failure('BACKEND_NOT_INITIALIZED', call);
  });
});

/** What an application says of its backend, in a module that is evaluated again and again. */
function options(config: pixstore.BackendConfig = {}): pixstore.BackendConfig {
  return {
    ...{ store: createMemoryStore, masterKey, defaultEndpointEnabled: false, errorHandlingMode: 'throw' },
    ...{ databasePath: 'data/images.sqlite', imageFormats: ['png', 'webp'], logger: quietLogger() },
    ...config,
  };
}

function initWith(config: pixstore.BackendConfig = {}) {
  const backend = pixstore.initPixstoreBackend(options(config));
  onTestFinished(() => backend.close());
  return backend;
}

describe('a second init', () => {
  test('with the same data gives the same backend, with its images', async () => {
    const first = initWith();
    await pixstore.saveImage(photo('cat.png'), { id: 'cat' });
    expect(initWith()).toBe(first);
    expect(pixstore.imageExists('cat')).toBe(true);
  });

  const limiter = { consume: async () => {} };
  const others: [string, pixstore.BackendConfig, pixstore.BackendConfig?][] = [
    ['databasePath', { databasePath: 'data/other.sqlite' }],
    ['imageFormats', { imageFormats: ['png'] }],
    ['metrics', { metrics: true }],
    ['masterKey', { masterKey: Buffer.alloc(32, 9).toString('base64') }],
    ['masterKey', { masterKey: [masterKey, Buffer.alloc(32, 9).toString('base64')] }],
    ['rateLimit', { rateLimit: { limiter } }],
    ['rateLimit', { rateLimit: { limiter, onError: 'open' } }, { rateLimit: { limiter } }],
    ['rateLimit', { rateLimit: { limiter, clientOf: () => 'all' } }, { rateLimit: { limiter } }],
    ['limits', { limits: { folder: { images: 5 } } }],
    ['limits', { limits: { folder: { images: 5 } } }, { limits: { folder: { images: 6 } } }],
    ['limits', { limits: { folder: () => undefined } }, { limits: { folder: { images: 6 } } }],
    ['randomBytes', { randomBytes: (length) => new Uint8Array(length) }],
    ['errorHandlingMode', { errorHandlingMode: 'silent' }],
    ['defaultEndpointTimeouts', { defaultEndpointTimeouts: { body: 5 } }],
  ];
  test.each(others)('with another %s is refused, and named', async (name, config, before) => {
    const first = initWith(before);
    const error = await failure('BACKEND_ALREADY_INITIALIZED', () => initWith(config));
    expect(error.message).toContain(`other options (${name}).`);
    expect(error.message).not.toContain(masterKey);
    expect(pixstore.getLastPixstoreError()).toBe(error);
    expect(initWith(before)).toBe(first);
  });

  test('with another store is refused: a function is asked for one once', async () => {
    const store = createMemoryStore();
    const first = initWith({ store });
    expect(initWith({ store })).toBe(first);
    const error = await failure('BACKEND_ALREADY_INITIALIZED', () => initWith({ store: createMemoryStore() }));
    expect(error.message).toContain('by a function');
    await failure('BACKEND_ALREADY_INITIALIZED', () => initWith());
    await first.close();

    // Two that look the same, as two of a class do.
    const methods = createMemoryStore();
    const second = initWith({ store: Object.create(methods) });
    await failure('BACKEND_ALREADY_INITIALIZED', () => initWith({ store: Object.create(methods) }));
    await second.close();

    let made = 0;
    const factory = () => {
      made += 1;
      return createMemoryStore();
    };
    initWith({ store: factory });
    initWith({ store: () => factory() });
    expect(made).toBe(0);
    await pixstore.saveImage(photo('cat.png'), { id: 'cat' });
    initWith({ store: () => factory() });
    expect(pixstore.imageExists('cat')).toBe(true);
    expect(made).toBe(1);
  });

  test('with options that are wrong leaves the backend as it is', async () => {
    const first = initWith();
    await failure('CONFIG_INVALID', () => initWith({ maxImageBytes: -1 }));
    expect(initWith()).toBe(first);
  });

  test('has the functions called that came last', async () => {
    const called: string[] = [];
    const wrapper = masterKeyWrapper(deriveMasterKey(new Uint8Array(32).fill(5)), createPooledRandom());
    const functions = (round: string): pixstore.BackendConfig => {
      const note = (name: string) => called.push(`${name} ${round}`);
      const logger = quietLogger();
      return {
        masterKey: {
          id: 'kms:test',
          wrap: (...args) => {
            note('wrap');
            return wrapper.wrap(...args);
          },
          unwrap: wrapper.unwrap,
        },
        now: () => {
          note('now');
          return 1_700_000_000_000;
        },
        randomBytes: (length) => {
          note('randomBytes');
          return randomBytes(length);
        },
        rateLimit: {
          limiter: {
            async consume(client) {
              note(`consume for ${client},`);
              throw new Error('the limiter is down');
            },
          },
        },
        limits: {
          folder: () => {
            note('limits');
            return { images: 5 };
          },
        },
        logger: { ...logger, error: (line) => note(`error ${line.includes('RATE_LIMITER_FAILED')},`) },
        store: () => {
          note('store');
          return createMemoryStore();
        },
      };
    };
    initWith(functions('first'));
    initWith(functions('second'));
    const backend = initWith(functions('last'));
    await backend.saveImage(photo('cat.png'));
    const images = pixstore.createFetchHandler(backend, { clientOf: () => 'all' });
    await images(new Request('http://localhost/none?proof=none'));
    expect([...new Set(called)].sort()).toEqual([
      'consume for all, last',
      'error true, last',
      'limits last',
      'now last',
      'randomBytes last',
      'store last',
      'wrap last',
    ]);
  });

  test('is refused while the first backend is being closed, and makes a new one afterwards', async () => {
    const first = initWith();
    const closed = first.close();
    await failure('BACKEND_ALREADY_INITIALIZED', initWith);
    await closed;
    const second = initWith();
    expect(second === first).toBe(false);
    await first.close(); // closing the first again leaves the second alone
    expect(pixstore.imageExists('a')).toBe(false);
  });
});

describe('a function in place of a store', () => {
  test('must return one, and is called again when it failed', async () => {
    let given: unknown = Promise.reject(new Error('no'));
    const backend = initWith({ store: () => given as pixstore.ImageStore });
    for (const wrong of [given, undefined, null, {}, 7]) {
      given = wrong;
      const error = await failure('CONFIG_INVALID', () => backend.open());
      expect(error.message).toContain('"store"');
    }
    given = createMemoryStore();
    await backend.open();
  });
});
