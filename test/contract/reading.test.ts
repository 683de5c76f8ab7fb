import { describe, expect, test } from 'vitest';
import type { BackendConfig } from '../../src/backend/face/config.js';
import type { PixstoreBackend } from '../../src/backend/face/public-api.js';
import type { ListedImage, StoredImage } from '../../src/backend/images/reading.js';
import { createMemoryBlobs } from '../../src/stores/memory/memory-blobs.js';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import { createMemoryStore } from '../../src/stores/memory/memory-store.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { masterKey, openBackend as openAny, quietLogger } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { addVariant } from '../support/variants.js';

const [cat, coffee, rocket] = ['cat.png', 'coffee.webp', 'rocket.jpg'].map(photo) as [Buffer, Buffer, Buffer];

const openBackend = async (config?: BackendConfig) => (await openAny(config)) as PixstoreBackend<never>;

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const idsOf = (images: ListedImage[]) => images.map(({ id }) => id);

describe('readImage', () => {
  test.each([
    ['the local store', {}],
    ['a store in memory', { store: createMemoryStore }],
  ])('gives the file as it was saved, small or large, from %s', async (_, config) => {
    const backend = await openBackend(config);
    for (const [file, format] of [
      [cat, 'png'],
      [coffee, 'webp'],
      [rocket, 'jpg'],
    ] as const) {
      const record = await backend.saveImage(file);
      const image = (await backend.readImage(record.id)) as StoredImage;
      expect(Buffer.from(image.bytes).equals(file)).toBe(true);
      expect(image).toMatchObject({ format, token: record.token, width: record.width, height: record.height });
      image.bytes.fill(0); // it is the caller's
      expect(Buffer.from((await backend.readImage(record.id))?.bytes ?? '').equals(file)).toBe(true);
    }
  });

  test('gives the current version, a variant by its name, and null where there is none', async () => {
    const backend = await openBackend();
    const { id } = await backend.saveImage(cat, { dir: 'a', id: 'one' });
    await addVariant(backend.store, masterKey, id, 'thumb', coffee);
    expect((await backend.readImage(id, { variant: 'thumb' }))?.format).toBe('webp');
    expect(await backend.readImage(id, { variant: 'wide' })).toBeNull();
    const { token } = await backend.updateImage(id, rocket);
    expect(await backend.readImage(id)).toMatchObject({ format: 'jpg', mimeType: 'image/jpeg', token });
    expect(await backend.readImage(id, { variant: 'thumb' }), 'of the version before').toBeNull();
    await backend.deleteImage(id);
    expect(await backend.readImage(id)).toBeNull();
  });

  test('refuses what is no id, no variant or did not arrive, and never takes it for the original', async () => {
    const backend = await openBackend();
    const { id } = await backend.saveImage(cat);
    for (const variant of ['', 'Thumb', 'a.b', '../x', 7, null]) {
      await failure('IMAGE_ID_INVALID', () => backend.readImage(id, { variant: variant as string }));
    }
    await failure('IMAGE_ID_INVALID', () => backend.readImage(`${id}.thumb`));
    await failure('CONFIG_INVALID', () => backend.readImage(id, { variant: undefined as unknown as string }));
    await failure('CONFIG_INVALID', () => backend.readImage(id, { size: 'thumb' } as object));
  });

  test('says that a ciphertext was changed, and gives nothing of it', async () => {
    const store = createMemoryStore();
    const damaged: typeof store = {
      ...store,
      async open(id, variant, options) {
        const part = await store.open(id, variant, options);
        const ciphertext = part?.ciphertext?.slice();
        if (!part || !ciphertext) return part;
        ciphertext[ciphertext.length - 1] = (ciphertext.at(-1) ?? 0) ^ 1;
        return { ...part, ciphertext };
      },
    };
    const backend = await openBackend({ store: damaged });
    const { id } = await backend.saveImage(cat);
    await failure('CIPHERTEXT_MISSING', () => backend.readImage(id));
  });

  test('is null where it fails in a mode that does not throw', async () => {
    const logger = quietLogger();
    const backend = await openBackend({ errorHandlingMode: 'warn', logger });
    expect(await backend.readImage('no id')).toBeNull();
    expect(logger.lines.at(-1)).toContain('IMAGE_ID_INVALID');
  });
});

describe('listImages', () => {
  test('tells of all images, or those of a folder, in the order of their ids', async () => {
    const backend = await openBackend();
    const records = [];
    for (const place of [{ dir: 'b', id: 'two' }, { dir: 'b', id: 'one' }, { dir: 'ba', id: 'x' }, { id: 'b' }]) {
      records.push(await backend.saveImage(cat, place));
    }
    await addVariant(backend.store, masterKey, 'b:one', 'wide', rocket);
    await addVariant(backend.store, masterKey, 'b:one', 'thumb', coffee);
    expect(idsOf(await all(backend.listImages()))).toEqual(['b', 'b:one', 'b:two', 'ba:x']);
    const [one, two] = await all(backend.listImages({ dir: 'b' }));
    const { width, height, token } = records[1] as (typeof records)[0];
    expect(one).toEqual({ id: 'b:one', token, width, height, bytes: cat.length, variants: ['thumb', 'wide'] });
    expect(two).toMatchObject({ id: 'b:two', variants: [] });
    expect(await all(backend.listImages({ dir: 'none' }))).toEqual([]);
  });

  test('goes on after an image, also one that is gone, and stops at a limit', async () => {
    const backend = await openBackend();
    const ids = Array.from({ length: 250 }, (_, index) => `i${String(index).padStart(3, '0')}`);
    await Promise.all(ids.map((id) => backend.saveImage(cat, { dir: 'a', id })));
    const full = ids.map((id) => `a:${id}`);
    expect(idsOf(await all(backend.listImages()))).toEqual(full);
    await backend.deleteImage('a:i120');
    const next = backend.listImages({ dir: 'a', after: 'a:i120', limit: 3 });
    expect(idsOf(await all(next))).toEqual(full.slice(121, 124));
    expect(await all(backend.listImages({ limit: 0 }))).toEqual([]);
    expect(await all(backend.listImages({ limit: 100 }))).toHaveLength(100);
    expect(await all(backend.listImages({ limit: 101 }))).toHaveLength(101);
  });

  test('passes over images that are deleted while it is walked through', async () => {
    const backend = await openBackend();
    for (const id of ['a', 'b', 'c']) await backend.saveImage(cat, { id });
    const seen: string[] = [];
    for await (const { id } of backend.listImages({ limit: 2 })) {
      if (seen.push(id) === 1) await backend.deleteImage('c');
    }
    expect(seen).toEqual(['a', 'b']);
  });

  test('refuses options that are none, in every error mode', async () => {
    const backend = await openBackend({ errorHandlingMode: 'silent' });
    for (const [options, code] of [
      [{ dir: undefined }, 'CONFIG_INVALID'],
      [{ dir: '' }, 'IMAGE_DIR_INVALID'],
      [{ dir: 'A' }, 'IMAGE_DIR_INVALID'],
      [{ after: 'a.b' }, 'IMAGE_ID_INVALID'],
      [{ limit: -1 }, 'CONFIG_INVALID'],
      [{ limit: 1.5 }, 'CONFIG_INVALID'],
      [{ folder: 'a' }, 'CONFIG_INVALID'],
    ] as const) {
      await failure(code, () => all(backend.listImages(options as object)));
    }
  });

  test('ends with the backend', async () => {
    const backend = await openBackend();
    for (const id of ['a', 'b']) await backend.saveImage(cat, { id });
    const walk = backend.listImages()[Symbol.asyncIterator]();
    await walk.next();
    await backend.close();
    await failure('BACKEND_CLOSED', () => walk.next());
  });
});

test('readImage reads once more what does not decrypt, and says then that it is damaged', async () => {
  const blobs = createMemoryBlobs();
  let wrong = 1;
  const store = splitStore(createMemoryRows({ inlineUpTo: 0 }), {
    ...blobs,
    async read(name, size) {
      const bytes = await blobs.read(name, size);
      wrong -= 1;
      return wrong < 0 ? bytes : new Uint8Array(size);
    },
  });
  const backend = await openBackend({ store });
  const { id } = await backend.saveImage(cat);
  expect(Buffer.from((await backend.readImage(id))?.bytes ?? '').equals(cat)).toBe(true);
  wrong = 2;
  await expect(backend.readImage(id)).rejects.toMatchObject({ code: 'CIPHERTEXT_MISSING' });
  expect(wrong).toBe(0);
});
