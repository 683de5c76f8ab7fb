import { describe, expect, onTestFinished, test } from 'vitest';
import { createEngine, type EngineOptions } from '../../../src/backend/engine.js';
import { createFetchHandler } from '../../../src/backend/face/handlers.js';
import { parseMasterKeys } from '../../../src/backend/keys/master-key.js';
import { getLastPixstoreError } from '../../../src/shared/errors/last-error.js';
import { createMemoryStore } from '../../../src/stores/memory/memory-store.js';
import { failure } from '../../support/errors.js';
import { newKey } from '../../support/keys.js';
import { photo } from '../../support/photos.js';

const cat = photo('cat.png');

function openEngine(options: Partial<EngineOptions> = {}) {
  const engine = createEngine({
    openStore: createMemoryStore,
    masterKeysFor: () => parseMasterKeys([newKey], 'a test'),
    masterKeysAtHand: () => parseMasterKeys([newKey], 'a test'),
    imageFormats: ['png'],
    processing: null,
    maxPixels: 1_000_000,
    maxFrames: 100,
    stripMetadata: true,
    windowLength: 20_000,
    checksProofs: true,
    maxImageBytes: 1_000_000,
    maxQueuedBytes: 10_000_000,
    memoryCacheBytes: 1_000_000,
    maxConcurrentAnswers: 10,
    accessControlAllowOrigin: '*',
    accessControlAllowCredentials: false,
    accessControlAllowHeaders: [],
    acceptProofsInQuery: true,
    metrics: false,
    rateLimit: undefined,
    now: Date.now,
    openOldStore: () => Promise.reject(new Error('there is none')),
    onKeysLost: () => {},
    onError: () => {},
    ...options,
  });
  onTestFinished(() => engine.close());
  return engine;
}

describe('an engine', () => {
  test('throws what goes wrong, and leaves no last error behind', async () => {
    const engine = openEngine();
    await failure('IMAGE_EMPTY', () => engine.saveImage(new Uint8Array()));
    await failure('IMAGE_ID_INVALID', async () => engine.getImageRecord('no/id'));
    await failure('IMAGE_NOT_FOUND', () => engine.updateImage('nobody', cat));
    expect(getLastPixstoreError()).toBeNull();
  });

  test('settles each of many records alone', async () => {
    const engine = openEngine();
    const { id } = await engine.saveImage(cat);
    expect(await engine.getImageRecords([id, 'no/id', 'nobody'])).toMatchObject([
      { status: 'fulfilled', value: { id } },
      { status: 'rejected', reason: { code: 'IMAGE_ID_INVALID' } },
      { status: 'fulfilled', value: null },
    ]);
  });

  test('asks for its store when it is needed, and again when that failed', async () => {
    let asked = 0;
    const engine = openEngine({
      openStore() {
        asked += 1;
        if (asked === 1) throw new Error('not yet');
        return createMemoryStore();
      },
    });
    expect(asked).toBe(0);
    await expect(engine.saveImage(cat)).rejects.toThrow('not yet');
    await engine.saveImage(cat);
    await engine.saveImage(cat);
    expect(asked).toBe(2);
  });

  test('ends what is under way, then servers, then the store, and takes nothing from the moment of closing', async () => {
    const store = createMemoryStore();
    const order: string[] = [];
    const engine = openEngine({
      openStore: () => ({
        ...store,
        close: async () => {
          order.push('store');
        },
      }),
    });
    const saving = engine.saveImage(cat).then(() => order.push('saved'));
    const closing = engine.close(async () => {
      order.push('server');
    });
    await failure('BACKEND_CLOSED', () => engine.saveImage(cat));
    await closing;
    await saving;
    expect(order).toEqual(['saved', 'server', 'store']);
  });

  test('is served by handlers, as a backend is', async () => {
    const engine = openEngine();
    const { id, token, statelessProof } = await engine.saveImage(cat);
    const handler = createFetchHandler(engine);
    const headers = { 'x-pixstore-proof': statelessProof, 'x-pixstore-token': String(token) };
    const response = await handler(new Request(`http://localhost/${id}`, { headers }));
    expect(new Uint8Array(await response.arrayBuffer())[0]).toBe(0);
  });

  test('finishes a save that waited for room while it was closed', async () => {
    const engine = openEngine({ maxQueuedBytes: 1 });
    const saves = Promise.all([engine.saveImage(cat), engine.saveImage(cat), engine.saveImage(cat)]);
    await engine.close();
    expect(await saves).toHaveLength(3);
  });
});
