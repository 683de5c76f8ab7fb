import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PixstoreEvent } from '../../../src/backend/diagnostics.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';
import { smallPicture } from '../../support/small-picture.js';

function listen() {
  const events: [string, PixstoreEvent][] = [];
  for (const name of ['save', 'update', 'delete', 'serve']) {
    const listener = (event: unknown) => void events.push([name, event as PixstoreEvent]);
    subscribe(`pixstore:${name}`, listener);
    onTestFinished(() => void unsubscribe(`pixstore:${name}`, listener));
  }
  return events;
}

const cat = photo('cat.png');

describe('what a backend tells about its work', () => {
  test('every save, update, delete and answer is published with duration and bytes, and nothing secret', async () => {
    const events = listen();
    const backend = await openBackend();
    const record = await backend.saveImage(cat, { id: 'secret-name' });
    await backend.updateImage('secret-name', cat);
    const payload = await backend.customEndpointHelper('secret-name', 1, record?.statelessProof);
    await backend.deleteImage('secret-name');
    expect(events.map(([name, { bytes }]) => [name, bytes])).toEqual([
      ['save', cat.length],
      ['update', cat.length],
      ['serve', payload?.length],
      ['delete', 0],
    ]);
    for (const [, event] of events) {
      expect(Object.keys(event).sort()).toEqual(['bytes', 'milliseconds']);
      expect(event.milliseconds).toBeGreaterThanOrEqual(0);
    }
  });

  test('what failed is published with its code', async () => {
    const events = listen();
    const backend = await openBackend({ errorHandlingMode: 'silent' });
    await backend.saveImage(Buffer.from('this is no image at all'));
    await backend.updateImage('none', cat);
    expect(events.map(([name, { error }]) => [name, error])).toEqual([
      ['save', 'IMAGE_NOT_RECOGNIZED'],
      ['update', 'IMAGE_NOT_FOUND'],
    ]);
  });

  test('stats tell what is stored, what memory serves and what is queued', async () => {
    const backend = await openBackend();
    const empty = {
      images: 0,
      bytes: 0,
      memoryCache: { hits: 0, misses: 0, bytes: 0 },
      queue: { images: 0, bytes: 0 },
    };
    expect(await backend.stats()).toMatchObject(empty);
    const saving = Promise.all([backend.saveImage(cat, { id: 'a' }), backend.saveImage(cat)]);
    expect((await backend.stats())?.queue).toEqual({ images: 2, bytes: 2 * cat.length });
    const [record] = await saving;
    for (let round = 0; round < 3; round += 1) {
      await backend.customEndpointHelper('a', undefined, record?.statelessProof);
    }
    const ciphertext = cat.length + 1;
    expect(await backend.stats()).toMatchObject({
      images: 2,
      bytes: 2 * ciphertext,
      memoryCache: { hits: 2, misses: 1, bytes: ciphertext },
      queue: { images: 0, bytes: 0 },
    });
    await backend.updateImage('a', photo('coffee.webp'));
    await backend.deleteImage('a');
    expect(await backend.stats()).toMatchObject({ images: 1, bytes: ciphertext });
  });

  test('thousands of saves at once stay within the queue, and all arrive', async () => {
    const backend = await openBackend({ maxQueuedBytes: 1_000_000 });
    const small = Buffer.concat([smallPicture(), Buffer.alloc(1_700)]);
    const saves = Array.from({ length: 3_000 }, () => backend.saveImage(small));
    expect((await backend.stats())?.queue.images).toBe(3_000);
    const ids = (await Promise.all(saves)).map((record) => record?.id);
    expect(new Set(ids).size).toBe(3_000);
    expect(await backend.stats()).toMatchObject({ images: 3_000, queue: { images: 0, bytes: 0 } });
  }, 30_000);
});
