import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../src/backend/face/public-api.js';
import type { ReencryptedImage, ReencryptOptions } from '../../src/backend/images/reencryption.js';
import { createMemoryStore, type ImageStore } from '../../src/backend/index.js';
import { openBackend } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { photo, photoWithPlace } from '../support/photos.js';
import { resizing } from '../support/resizing.js';

const [cat, coffee] = ['cat.png', 'coffee.webp'].map(photo) as [Buffer, Buffer];

async function reencrypted(backend: PixstoreBackend, options?: ReencryptOptions): Promise<ReencryptedImage[]> {
  const all: ReencryptedImage[] = [];
  for await (const image of backend.reencrypt(options)) all.push(image);
  return all;
}

/** A clock that is set by hand. */
function clockAt(time: number) {
  const clock = { time, now: () => clock.time };
  return clock;
}

describe('reencrypt', () => {
  test('gives every part a new key and new bytes, in a new version of the same pictures', async () => {
    const processing = resizing({ widths: { thumb: 40 }, placeholders: true });
    const backend = await openBackend({ processing });
    const before = await backend.saveImage(cat, { dir: 'a', id: 'one' });
    const look = () => backend.getImageRecord('a:one', { variants: true, placeholder: true });
    const was = look();
    const ciphertextOf = async (variant?: string) =>
      (await backend.store.open('a:one', variant, { inMemoryUpTo: 2 ** 30 }))?.ciphertext ?? new Uint8Array();
    const ciphertexts = [await ciphertextOf(), await ciphertextOf('thumb')];

    const [image] = await reencrypted(backend);
    expect(image).toMatchObject({ id: 'a:one', outcome: 'reencrypted', done: 1, total: 1 });
    const is = look();
    expect(is?.token).toBeGreaterThan(before?.token ?? 0);
    expect(is?.meta.key).not.toBe(was?.meta.key);
    expect(is?.variants?.thumb?.meta.key).not.toBe(was?.variants?.thumb?.meta.key);
    expect(is).toMatchObject({ width: was?.width, height: was?.height, placeholder: was?.placeholder });
    expect(is?.variants?.thumb).toMatchObject({ width: 40, token: is?.token });
    for (const [index, variant] of [undefined, 'thumb'].entries()) {
      expect(Buffer.compare(await ciphertextOf(variant), ciphertexts[index] as Uint8Array)).not.toBe(0);
    }
    expect(Buffer.from((await backend.readImage('a:one'))?.bytes ?? []).equals(cat)).toBe(true);
    // Nothing is to be made anew.
    for await (const rebuilt of backend.rebuild()) expect(rebuilt.outcome).toBe('unchanged');
  });

  test('changes no byte of a picture that was kept with its metadata', async () => {
    const store = createMemoryStore();
    const keeping = await openBackend({ store, stripMetadata: false });
    const photograph = photoWithPlace();
    await keeping.saveImage(photograph, { id: 'one' });
    const stripping = await openBackend({ store });
    await reencrypted(stripping);
    expect(Buffer.from((await stripping.readImage('one'))?.bytes ?? []).equals(photograph)).toBe(true);
  });

  test('ended early, it goes on where it was: what is newer than before is done', async () => {
    const clock = clockAt(1_000_000);
    const backend = await openBackend({ now: clock.now });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await backend.saveImage(coffee, { id });
    const before = 2_000_000;
    clock.time = before;
    const stopping = new AbortController();
    const first: string[] = [];
    const begun = async () => {
      for await (const { id } of backend.reencrypt({ before, signal: stopping.signal })) {
        if (first.push(id) === 4) stopping.abort(new Error('enough'));
      }
    };
    await expect(begun()).rejects.toThrow('enough');
    clock.time = 3_000_000;
    const tokens = first.map((id) => backend.getImageRecord(id)?.token);
    const rest = await reencrypted(backend, { before });
    const done = (outcome: string) => rest.filter((image) => image.outcome === outcome).map(({ id }) => id);
    expect(done('unchanged')).toEqual(first);
    expect([...done('unchanged'), ...done('reencrypted')]).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(first.map((id) => backend.getImageRecord(id)?.token)).toEqual(tokens);
  });

  test('a token from the future does not keep an image from new keys', async () => {
    const clock = clockAt(9_000_000);
    const backend = await openBackend({ now: clock.now });
    const saved = await backend.saveImage(coffee, { id: 'a' });
    clock.time = 1_000_000;
    expect(await reencrypted(backend)).toMatchObject([{ outcome: 'reencrypted' }]);
    const record = backend.getImageRecord('a');
    expect(record?.token).toBeGreaterThan(saved?.token ?? 0);
    expect(record?.meta.key).not.toBe(saved?.meta.key);
  });

  test('an update that comes meanwhile wins', async () => {
    const memory = createMemoryStore();
    let update: (() => Promise<unknown>) | undefined;
    const store: ImageStore = {
      ...memory,
      async put(version, expected) {
        const mine = update;
        update = undefined;
        await mine?.();
        return memory.put(version, expected);
      },
    };
    const backend = await openBackend({ store });
    await backend.saveImage(coffee, { id: 'a' });
    const other = await openBackend({ store: memory });
    update = () => other.updateImage('a', cat);
    expect(await reencrypted(backend)).toMatchObject([{ id: 'a', outcome: 'unchanged' }]);
    expect(Buffer.from((await backend.readImage('a'))?.bytes ?? []).equals(cat)).toBe(true);
  });

  test('does one folder, and passes over an image that cannot be read', async () => {
    const store = createMemoryStore();
    const backend = await openBackend({ store });
    for (const id of ['a', 'b']) await backend.saveImage(coffee, { dir: 'x', id });
    await backend.saveImage(coffee, { id: 'other' });
    const { sealedKey } = (await store.record('x:b')) ?? { sealedKey: new Uint8Array() };
    const token = backend.getImageRecord('x:a')?.token ?? 0;
    await store.reseal([{ id: 'x:a', token, sealedKey }]); // of another image
    expect(await reencrypted(backend, { dir: 'x' })).toMatchObject([
      { id: 'x:a', outcome: 'failed', error: { code: 'SEALED_KEY_INVALID' } },
      { id: 'x:b', outcome: 'reencrypted' },
    ]);
    for (const options of [{ before: -1 }, { before: undefined }, { dir: undefined }, { rate: {}, all: true }]) {
      await failure('CONFIG_INVALID', () => reencrypted(backend, options as ReencryptOptions));
    }
    await failure('IMAGE_DIR_INVALID', () => reencrypted(backend, { dir: 'X' }));
  });
});
