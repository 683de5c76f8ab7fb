import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PixstoreEvent, ServeEvent } from '../../../src/backend/diagnostics.js';
import { createFetchHandler, createImageHandler } from '../../../src/backend/index.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';

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
    for (const [name, event] of events) {
      const more = { save: ['audience'], update: ['audience'], delete: [], serve: ['audience', 'state'] }[name] ?? [];
      expect(Object.keys(event).sort()).toEqual([...more, 'bytes', 'id', 'milliseconds'].sort());
      expect(event.milliseconds).toBeGreaterThanOrEqual(0);
    }
    const told = JSON.stringify(events);
    expect(told).not.toContain(record?.statelessProof);
    for (const secret of Object.values(record?.meta ?? {})) expect(told).not.toContain(secret);
  });

  test('every answer says which image it was, for whom, and what it was, to the channel and to onServe', async () => {
    const events = listen();
    const served: ServeEvent[] = [];
    const backend = await openBackend({ onServe: (event) => void served.push(event) });
    const { id, statelessProof = '' } = (await backend.saveImage(cat, { dir: 'a', id: 'one', audience: 'anna' })) ?? {};
    const images = createFetchHandler(backend, {
      authorize: (_, imageId) => imageId !== 'a:sealed',
      audience: (request) => request.headers.get('x-user') ?? undefined,
    });
    const ask = (path: string, headers: Record<string, string>) =>
      images(new Request(`http://localhost/${path}`, { headers: { 'x-pixstore-proof': statelessProof, ...headers } }));
    await ask('a:one', { 'x-user': 'anna' });
    await ask('a:one', { 'x-user': 'ben' });
    await ask('a:one', {});
    await ask('a:sealed.thumb', { 'x-user': 'anna' });
    await ask('<no id>', { 'x-user': 'anna' });
    const pictures = createImageHandler<Request>(backend, { authorize: (_, imageId) => imageId === id });
    await pictures(new Request('http://localhost/a:one'));
    await pictures(new Request('http://localhost/a:two'));
    expect(served.map(({ id, variant, audience, state }) => [id, variant, audience, state])).toEqual([
      ['a:one', undefined, 'anna', 'Updated'],
      ['a:one', undefined, 'ben', 'InvalidProof'],
      ['a:one', undefined, null, 'InvalidProof'],
      ['a:sealed', 'thumb', 'anna', 'InvalidProof'],
      [undefined, undefined, 'anna', 'InvalidProof'],
      ['a:one', undefined, null, 'Decrypted'],
      ['a:two', undefined, null, 'InvalidProof'],
    ]);
    expect(events.filter(([name]) => name === 'serve').map(([, event]) => event)).toEqual(served);
    expect(events[0]).toMatchObject(['save', { id: 'a:one', audience: 'anna' }]);
  });

  test('an onServe that fails, at once or later, keeps nothing from being served', async () => {
    let failures = 0;
    const onServe = async () => {
      failures += 1;
      throw new Error('the audit log is full');
    };
    const backend = await openBackend({ onServe });
    const record = await backend.saveImage(cat);
    const payload = await backend.customEndpointHelper(record?.id, record?.token, record?.statelessProof);
    expect([payload?.length, failures]).toEqual([cat.length + 2, 1]);
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
    const small = withMorePixels(smallPicture(), Buffer.alloc(1_700));
    const saves = Array.from({ length: 3_000 }, () => backend.saveImage(small));
    expect((await backend.stats())?.queue.images).toBe(3_000);
    const ids = (await Promise.all(saves)).map((record) => record?.id);
    expect(new Set(ids).size).toBe(3_000);
    expect(await backend.stats()).toMatchObject({ images: 3_000, queue: { images: 0, bytes: 0 } });
  }, 30_000);
});
