import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createMemoryStore, type ImageProcessing } from '../../src/backend/index.js';
import type { ImageRecord } from '../../src/types/index.js';
import { openBackend } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { type ResizingOptions, resizing } from '../support/resizing.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];
const sizes = { thumb: 40, card: 200 };

const open = (options: Partial<ResizingOptions> = {}) =>
  openBackend({ processing: resizing({ widths: sizes, placeholders: true, ...options }) });

const recordOf = (record: ImageRecord | null): ImageRecord => record ?? expect.fail('no record');

describe('an image that is saved', () => {
  test('has its variants from the same moment on, each under a key of its own, in one version', async () => {
    const backend = await open();
    const { id, token } = recordOf(await backend.saveImage(cat, { dir: 'a' }));
    const record = recordOf(backend.getImageRecord(id, { variants: true }));
    expect(Object.keys(record.variants ?? {}).sort()).toEqual(['card', 'thumb']);
    const all = [record, ...Object.values(record.variants ?? {})];
    expect(all.map((each) => each.token)).toEqual([token, token, token]);
    expect(new Set(all.map(({ meta }) => meta.key)).size).toBe(3);
    expect(new Set(all.map(({ statelessProof }) => statelessProof)).size).toBe(3);
    expect(record.variants?.thumb).toMatchObject({ id: `${id}.thumb`, width: 40 });
    const { bytes, width } = (await backend.readImage(id, { variant: 'card' })) ?? expect.fail();
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width });
  });

  test('has no variant at all when one cannot be made, and is not kept', async () => {
    const backend = await open({ before: () => Promise.reject(new Error('broken')) });
    const { cause } = await failure('PROCESSING_FAILED', () => backend.saveImage(cat, { id: 'one' }));
    expect(cause).toMatchObject({ message: 'broken' });
    expect(backend.imageExists('one')).toBe(false);
    expect((await backend.stats())?.images).toBe(0);
  });

  test('is taken at once, variants and all: its owner may reuse the memory', async () => {
    const backend = await open();
    const buffer = Buffer.from(cat);
    const saving = backend.saveImage(buffer);
    rocket.copy(buffer);
    const { id } = recordOf(await saving);
    expect(Buffer.from((await backend.readImage(id))?.bytes ?? []).equals(cat)).toBe(true);
    const { variants } = recordOf(backend.getImageRecord(id, { variants: true }));
    const { width = 0, height = 0 } = (await sharp(cat).metadata()) ?? {};
    expect(variants?.card?.height).toBe(Math.round((200 * height) / width));
  });

  test('changes with all its variants when it is updated', async () => {
    const backend = await open();
    const { id } = recordOf(await backend.saveImage(cat));
    const { token } = (await backend.updateImage(id, rocket)) ?? expect.fail();
    const { variants = {} } = recordOf(backend.getImageRecord(id, { variants: true }));
    expect(Object.values(variants).map((each) => each.token)).toEqual([token, token]);
    expect(await backend.deleteImage(id)).toBe(true);
    expect(backend.getImageRecord(id, { variant: 'thumb' })).toBeNull();
  });

  test('has the variants of its folder', async () => {
    const backend = await open({ widths: (dir) => (dir === 'avatars' ? { tiny: 20 } : sizes) });
    const { id } = recordOf(await backend.saveImage(cat, { dir: 'avatars' }));
    expect(Object.keys(backend.getImageRecord(id, { variants: true })?.variants ?? {})).toEqual(['tiny']);
  });

  test('is converted when its format is one that is, and refused else', async () => {
    const tiff = await sharp(cat).tiff().toBuffer();
    const { id } = await (await open()).saveImage(tiff).then(recordOf);
    expect(id).toBeTruthy();
    const plain = await openBackend();
    await failure('IMAGE_FORMAT_REFUSED', () => plain.saveImage(tiff));
  });

  test('is not kept when a variant has a format that the backend does not keep', async () => {
    const backend = await openBackend({ imageFormats: ['png'], processing: resizing({ widths: sizes }) });
    const { message } = await failure('IMAGE_FORMAT_REFUSED', () => backend.saveImage(cat));
    expect(message).toContain('"thumb" is webp');
  });
});

describe('a record', () => {
  test('of a variant opens that part, and says nothing of others', async () => {
    const backend = await open();
    const { id } = recordOf(await backend.saveImage(cat));
    const thumb = recordOf(backend.getImageRecord(id, { variant: 'thumb' }));
    expect(thumb).toMatchObject({ id: `${id}.thumb`, width: 40 });
    expect(thumb).not.toHaveProperty('variants');
    const original = recordOf(backend.getImageRecord(id));
    expect(thumb.meta.key).not.toBe(original.meta.key);
    expect(backend.getImageRecord(id, { variant: 'wide' })).toBeNull();
  });

  test('of a variant that did not arrive is refused, and not the original', async () => {
    const backend = await open();
    const { id } = recordOf(await backend.saveImage(cat));
    const options = { variant: undefined } as never;
    await failure('CONFIG_INVALID', () => backend.getImageRecord(id, options));
    await failure('CONFIG_INVALID', () => backend.getImageRecords([id], options));
    await failure('IMAGE_ID_INVALID', () => backend.getImageRecord(id, { variant: 'a.b' }));
    await failure('CONFIG_INVALID', () => backend.getImageRecord(id, { variant: 'thumb', variants: true }));
    await failure('CONFIG_INVALID', () => backend.getImageRecord(id, { placeholder: 1 } as never));
  });

  test('is for its audience, and so are those of its variants', async () => {
    const backend = await open();
    const { id } = recordOf(await backend.saveImage(cat));
    const { variants: ada } = recordOf(backend.getImageRecord(id, { variants: true, audience: 'ada' }));
    const { variants: bob } = recordOf(backend.getImageRecord(id, { variants: true, audience: 'bob' }));
    expect(ada?.thumb?.statelessProof).not.toBe(bob?.thumb?.statelessProof);
  });

  test('has a placeholder when it is asked for, also in a list', async () => {
    const backend = await open();
    const { id } = recordOf(await backend.saveImage(cat));
    expect(backend.getImageRecord(id)).not.toHaveProperty('placeholder');
    expect(backend.getImageRecord(id, { placeholder: true })?.placeholder).toBe(cat.subarray(-6).toString('base64'));
    const [listed, nothing] =
      (await backend.getImageRecords([id, 'none'], { placeholder: true, variants: true })) ?? [];
    expect(listed?.placeholder).toBeTruthy();
    expect(Object.keys(listed?.variants ?? {}).sort()).toEqual(['card', 'thumb']);
    expect(nothing).toBeNull();
  });

  test('of many images can all be of one variant; an id of a variant is refused then, alone', async () => {
    const backend = await openBackend({
      processing: resizing({ widths: sizes }),
      errorHandlingMode: 'silent',
    });
    const [one, two] = [(await backend.saveImage(cat))?.id, (await backend.saveImage(rocket))?.id] as [string, string];
    const records = await backend.getImageRecords([one, `${two}.thumb`, two, 'none'], { variant: 'thumb' });
    expect(records?.map((record) => record?.id)).toEqual([`${one}.thumb`, undefined, `${two}.thumb`, undefined]);
  });

  test('is had from a store that answers later, too', async () => {
    const memory = createMemoryStore();
    const later = { ...memory, supports: { ...memory.supports, syncRecords: false } };
    const store = { ...later, version: async (id: string) => memory.version(id) };
    const backend = await openBackend({ store, processing: resizing({ widths: sizes }) });
    const { id } = recordOf(await backend.saveImage(cat));
    const [record] = (await backend.getImageRecords([id], { variants: true })) ?? [];
    expect(Object.keys(record?.variants ?? {}).sort()).toEqual(['card', 'thumb']);
    await failure('SYNC_UNSUPPORTED', () => backend.getImageRecord(id, { variants: true }));
  });
});

describe('processing of the application', () => {
  const made = { name: 'thumb', bytes: cat, format: 'png', width: 10, height: 10 };
  const answers = (answer: unknown) => ({ process: async () => answer });
  const throws = (text: string) => () => {
    throw new Error(text);
  };

  test.each<[string, object]>([
    ['throws before it gives a promise', { process: throws('at once') }],
    ['throws where it names variants', { definitions: throws('at once') }],
    ['throws where it converts', { convert: throws('at once') }],
    ['converts into no file', { convert: async () => 'text' }],
    ['names a variant as no id can', { definitions: () => new Map([['a.b', 'w1']]) }],
    ['names a variant by 65 characters', { definitions: () => new Map([['a'.repeat(65), 'w1']]) }],
    ['says nothing of how a variant is made', { definitions: () => new Map([['thumb', undefined]]) }],
    ['answers nothing', answers(undefined)],
    ['makes a variant that was not wanted', answers({ variants: [{ ...made, name: 'a.b' }] })],
    ['makes a variant twice', answers({ variants: [made, made] })],
    ['makes a variant of no bytes', answers({ variants: [{ ...made, bytes: 'text' }] })],
    ['makes a variant in a format that there is not', answers({ variants: [{ ...made, format: 'bmp' }] })],
    ['makes a variant of no width', answers({ variants: [{ ...made, width: -1 }] })],
    ['makes a placeholder of no bytes', answers({ variants: [], placeholder: 'text' })],
  ])('that %s fails with a code, and nothing is kept', async (_, broken) => {
    const processing = { ...resizing({ widths: { thumb: 40 } }), ...broken } as ImageProcessing;
    const backend = await openBackend({ processing });
    const tiff = 'convert' in broken ? Buffer.from('II*\0\x08\0\0\0') : cat;
    const { cause } = await failure('PROCESSING_FAILED', () => backend.saveImage(tiff, { id: 'one' }));
    expect(cause).toBeInstanceOf(Error);
    expect(backend.imageExists('one')).toBe(false);
  });
});
