import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PixstoreBackend } from '../../src/backend/face/public-api.js';
import type { RebuildOptions, RebuiltImage } from '../../src/backend/images/rebuilding.js';
import {
  type BackendConfig,
  createMemoryBlobs,
  createMemoryRows,
  createMemoryStore,
  createPixstoreBackend,
  type ImageProcessing,
  type ImageStore,
  splitStore,
} from '../../src/backend/index.js';
import { PixstoreError } from '../../src/shared/index.js';
import { masterKey, quietLogger } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { resizing } from '../support/resizing.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];

/** A backend on a store that others use, too. */
function openOn(store: ImageStore, processing?: ImageProcessing, config: BackendConfig = {}) {
  const backend = createPixstoreBackend({
    store,
    masterKey,
    defaultEndpointEnabled: false,
    logger: quietLogger(),
    ...(processing && { processing }),
    ...config,
    errorHandlingMode: 'throw',
  });
  onTestFinished(() => backend.close());
  return backend;
}

/** A GIF of so many frames. */
async function animation(frames: number): Promise<Buffer> {
  const side = 4;
  const raw = { width: side, height: side * frames, channels: 3 as const, pageHeight: side };
  return sharp(randomBytes(3 * raw.width * raw.height), { raw })
    .gif()
    .toBuffer();
}

async function rebuilt(backend: PixstoreBackend, options?: RebuildOptions): Promise<RebuiltImage[]> {
  const all: RebuiltImage[] = [];
  for await (const image of backend.rebuild(options)) all.push(image);
  return all;
}

const variantsOf = (backend: PixstoreBackend, id: string) =>
  Object.keys(backend.getImageRecord(id, { variants: true })?.variants ?? {}).sort();

describe('rebuilding', () => {
  test('adds what is missing to the version that is there, and finds nothing to do the next time', async () => {
    const store = createMemoryStore();
    const { id, token, meta } = await openOn(store).saveImage(cat, { id: 'one' });
    const backend = openOn(store, resizing({ widths: { thumb: 40 }, placeholders: true }));
    expect(await rebuilt(backend)).toEqual([{ id, outcome: 'completed', variants: ['thumb'], done: 1 }]);
    const record = backend.getImageRecord(id, { variants: true, placeholder: true });
    expect(record).toMatchObject({ token, meta, placeholder: cat.subarray(-6).toString('base64') });
    expect(record?.variants?.thumb).toMatchObject({ token, width: 40 });
    expect(await rebuilt(backend)).toEqual([{ id, outcome: 'unchanged', variants: [], done: 1 }]);
  });

  test('makes a new version when a variant would be made in another way', async () => {
    const store = createMemoryStore();
    const { id, token, meta } = await openOn(store, resizing({ widths: { thumb: 40 } })).saveImage(cat, { id: 'one' });
    const backend = openOn(store, resizing({ widths: { thumb: 60, card: 200 } }));
    expect(await rebuilt(backend)).toMatchObject([{ id, outcome: 'replaced', variants: ['thumb', 'card'] }]);
    const record = backend.getImageRecord(id, { variants: true });
    expect(record?.token).toBeGreaterThan(token);
    expect(record?.meta.key).not.toBe(meta.key);
    expect(record?.variants?.thumb?.width).toBe(60);
    expect(Buffer.from((await backend.readImage(id))?.bytes ?? []).equals(cat)).toBe(true);
    expect(await rebuilt(backend)).toMatchObject([{ outcome: 'unchanged' }]);
  });

  test('makes variants anew whose ciphertext is lost, when it is to look for them', async () => {
    const blobs = createMemoryBlobs();
    const backend = openOn(
      splitStore(createMemoryRows({ inlineUpTo: 0 }), blobs, { logger: quietLogger() }),
      resizing({ widths: { thumb: 40, card: 200 } }),
    );
    const { id, token } = await backend.saveImage(cat, { id: 'one' });
    expect(await rebuilt(backend)).toMatchObject([{ outcome: 'unchanged' }]);
    const thumb = (await backend.store.record(id, 'thumb'))?.size;
    for await (const name of blobs.list('')) if ((await blobs.size(name)) === thumb) await blobs.remove(name);
    await failure('CIPHERTEXT_MISSING', () => backend.readImage(id, { variant: 'thumb' }));
    for await (const { problem } of backend.check()) if (problem) expect(problem.remedy).toContain('rebuild');
    expect(await rebuilt(backend)).toMatchObject([{ outcome: 'unchanged' }]);
    expect(await rebuilt(backend, { lost: true })).toMatchObject([{ id, outcome: 'replaced' }]);
    expect(backend.getImageRecord(id, { variant: 'thumb' })?.token).toBeGreaterThan(token);
    expect(await backend.readImage(id, { variant: 'thumb' })).toMatchObject({ width: 40 });
    expect(await rebuilt(backend, { lost: true })).toMatchObject([{ outcome: 'unchanged' }]);
  });

  test('decodes no animation with more frames than are allowed by now', async () => {
    const store = createMemoryStore();
    const formats: BackendConfig = { imageFormats: ['webp', 'gif'] };
    const plain = openOn(store, undefined, formats);
    await plain.saveImage(await animation(5), { id: 'long' });
    await plain.saveImage(await animation(2), { id: 'short' });
    const backend = openOn(store, resizing({ widths: { thumb: 1 } }), { ...formats, maxFrames: 4 });
    expect(await rebuilt(backend)).toMatchObject([
      { id: 'long', outcome: 'failed', error: { code: 'IMAGE_TOO_MANY_FRAMES' } },
      { id: 'short', outcome: 'completed' },
    ]);
    expect(variantsOf(backend, 'long')).toEqual([]);
  });

  test('leaves variants alone that no definition names any more', async () => {
    const store = createMemoryStore();
    const { id } = await openOn(store, resizing({ widths: { thumb: 40, card: 200 } })).saveImage(cat);
    const backend = openOn(store, resizing({ widths: { thumb: 40 } }));
    expect(await rebuilt(backend)).toMatchObject([{ outcome: 'unchanged' }]);
    expect(variantsOf(backend, id)).toEqual(['card', 'thumb']);
  });

  test('goes on behind an id, in a folder, and ends by its signal', async () => {
    const store = createMemoryStore();
    const plain = openOn(store);
    for (const id of ['a', 'b', 'c', 'd']) await plain.saveImage(cat, { dir: 'x', id });
    await plain.saveImage(cat, { dir: 'y', id: 'a' });
    const backend = openOn(store, resizing({ widths: { thumb: 40 } }));
    expect((await rebuilt(backend, { dir: 'x', after: 'x:b' })).map(({ id }) => id)).toEqual(['x:c', 'x:d']);
    const ending = new AbortController();
    const seen: string[] = [];
    const run = async () => {
      for await (const { id } of backend.rebuild({ signal: ending.signal })) {
        seen.push(id);
        ending.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(seen.length).toBeLessThan(3);
    expect(variantsOf(backend, 'y:a')).toEqual([]);
  });

  test('goes on after an image that cannot be rebuilt, and says why', async () => {
    const store = createMemoryStore();
    const plain = openOn(store);
    for (const id of ['a', 'b']) await plain.saveImage(cat, { id });
    const broken = {
      ...store,
      open: (...args: Parameters<ImageStore['open']>) =>
        args[0] === 'a'
          ? Promise.reject(new PixstoreError('STORAGE_FAILED', 'The disk is gone.'))
          : store.open(...args),
    };
    const all = await rebuilt(openOn(broken, resizing({ widths: { thumb: 40 } }))).catch((error) => error);
    expect(all).toMatchObject([
      { id: 'a', outcome: 'failed', variants: [], error: { code: 'STORAGE_FAILED' } },
      { id: 'b', outcome: 'completed' },
    ]);
  });

  test('begins an image again that somebody updates meanwhile: what is added belongs to the new picture', async () => {
    const store = createMemoryStore();
    const plain = openOn(store);
    await plain.saveImage(cat, { id: 'one' });
    let updates = 0;
    const before = async () => {
      if (updates++ === 0) await plain.updateImage('one', rocket);
    };
    const backend = openOn(store, resizing({ widths: { thumb: 40 }, before }));
    expect(await rebuilt(backend)).toMatchObject([{ outcome: 'completed' }]);
    const record = backend.getImageRecord('one', { variants: true });
    expect(record?.variants?.thumb?.token).toBe(record?.token);
    const [{ height: own = 0, width = 1 }, { height = 0 }] = [record, record?.variants?.thumb] as [
      ImageSize,
      ImageSize,
    ];
    expect(height).toBe(Math.round((own * 40) / width));
  });

  test('changes nothing of an image that is deleted meanwhile', async () => {
    const store = createMemoryStore();
    const plain = openOn(store);
    await plain.saveImage(cat, { id: 'one' });
    const backend = openOn(
      store,
      resizing({ widths: { thumb: 40 }, before: async () => void (await plain.deleteImage('one')) }),
    );
    expect(await rebuilt(backend)).toMatchObject([{ outcome: 'unchanged' }]);
    expect((await store.usage()).images).toBe(0);
  });

  test('refuses options that are none', async () => {
    const backend = openOn(createMemoryStore());
    await failure('CONFIG_INVALID', () => rebuilt(backend, { folder: 'a' } as never));
    await failure('CONFIG_INVALID', () => rebuilt(backend, { dir: undefined } as never));
    await failure('IMAGE_DIR_INVALID', () => rebuilt(backend, { dir: 'a/b' }));
    await failure('CONFIG_INVALID', () => rebuilt(backend, { lost: 'all' } as never));
    await failure('CONFIG_INVALID', () => rebuilt(backend, { signal: {} } as never));
  });
});

interface ImageSize {
  width?: number;
  height?: number;
}
