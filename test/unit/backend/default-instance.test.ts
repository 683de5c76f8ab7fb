import { describe, expect, onTestFinished, test } from 'vitest';
import * as pixstore from '../../../src/backend/index.js';
import { createMemoryStore } from '../../../src/stores/memory/memory-store.js';
import { masterKey } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { photo, photoPath } from '../../support/photos.js';

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

  test('refuse a second init until the first backend is closed', async () => {
    const first = init();
    expect(await failure('BACKEND_ALREADY_INITIALIZED', init)).toBe(pixstore.getLastPixstoreError());
    await first.close();
    const second = init();
    await first.close(); // closing the first again leaves the second alone
    expect(pixstore.imageExists('a')).toBe(false);
    await second.close();
  });
});
