import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/public-api.js';
import { generationOf } from '../../../src/stores/port.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openPayload } from '../../fault/kill/picture.mjs';
import { newKey, oldKey } from '../../support/keys.js';
import { photo } from '../../support/photos.js';
import { expected, placeSchema2, sha256 } from '../../support/schema-2.js';
import { drain, keyPlace } from './place.js';

const cat = photo('cat.png');
const ids = expected.images.map(({ id }) => id);
const images = ids.filter((id) => !id.includes('.'));
const photos = images.filter((id) => id.startsWith('photos:'));

/** A folder with a store of schema 2, sealed by the old master key. */
async function place() {
  const here = await keyPlace();
  placeSchema2(here.folder);
  const open = (masterKey: Parameters<typeof here.open>[0] = oldKey) =>
    here.open(masterKey, { databasePath: `${here.folder}/images.sqlite` });
  return { ...here, open };
}

async function expectAll(backend: PixstoreBackend, except: readonly string[] = []): Promise<void> {
  const kept = expected.images.filter(({ id }) => !except.includes(id.split('.')[0] as string));
  const records = await backend.getImageRecords(kept.map(({ id }) => id));
  for (const [index, { id, token, sha256: hash }] of kept.entries()) {
    const record = records?.[index] as ImageRecord;
    expect(record, id).toMatchObject({ id, token });
    const payload = await backend.customEndpointHelper(id, undefined, record.statelessProof);
    expect(sha256(openPayload(payload as Uint8Array).image), id).toBe(hash);
  }
  for (const { id } of expected.removed) expect(backend.imageExists(id)).toBe(false);
}

/** Of all parts, by joined id, the generation of the key that sealed theirs; null: a master key did. */
async function generations(backend: PixstoreBackend): Promise<Map<string, number | null>> {
  const parts = (await drain(backend.store.sealedKeys())).flat();
  return new Map(
    parts.map(({ id, variant, sealedKey }) => [variant ? `${id}.${variant}` : id, generationOf(sealedKey)]),
  );
}

describe('a store of schema 2', () => {
  test('gives every image and variant back, and an update seals with a key of the folder', async () => {
    const { open } = await place();
    const backend = open();
    await expectAll(backend);
    expect([...(await generations(backend)).values()]).toEqual(ids.map(() => null));

    await backend.updateImage('photos:wide', cat);
    await backend.updateImage('photos:set', cat);
    const sealed = await generations(backend);
    expect(sealed.get('photos:wide')).toBe(1);
    expect(sealed.get('photos:set')).toBe(1);
    expect(sealed.has('photos:set.thumb')).toBe(false);
    await expectAll(backend, ['photos:wide', 'photos:set']);
  });

  test('opens with the new master key alone after a rotation, though images are sealed as before', async () => {
    const { open } = await place();
    const both = open([newKey, oldKey]);
    await drain(both.rotateMasterKey());
    expect([...(await generations(both)).values()]).toEqual(ids.map(() => null));
    await both.close();
    const backend = open(newKey);
    await expectAll(backend);
    await backend.updateImage('plain', cat);
    await expectAll(backend, ['plain']);
  });

  test('has every key sealed anew when the old master key has leaked', async () => {
    const { open } = await place();
    const both = open([newKey, oldKey]);
    await drain(both.rotateMasterKey({ compromised: true }));
    await both.close();
    const backend = open(newKey);
    await expectAll(backend);
    const sealed = await generations(backend);
    expect([...sealed.keys()].sort()).toEqual([...ids].sort());
    for (const [id, generation] of sealed) expect(generation, id).toBeGreaterThan(0);
  });

  test('is backed up, and the backup opens as it is', async () => {
    const { folder, open } = await place();
    const backend = open();
    expect(await backend.backup(`${folder}/backup`)).toMatchObject({ images: images.length, problems: [] });
    expect(existsSync(`${folder}/backup/pixstore.sqlite.schema-2.bak`)).toBe(false);
  });
});

describe.each([
  ['before it got a key', false],
  ['after it got one', true],
])('erasing a folder with images of schema 2, %s', (_, hasKey) => {
  test('removes them all, and the folder can be used again', async () => {
    const { open } = await place();
    const [one, two] = [open(), open()];
    if (hasKey) await one.saveImage(cat, { dir: 'photos', id: 'new' });
    const records = await two.getImageRecords(photos);

    expect(await one.deleteImages('photos')).toBe(photos.length + (hasKey ? 1 : 0));
    for (const backend of [one, two]) {
      expect(await backend.getImageRecords(ids.filter((id) => id.startsWith('photos:')))).not.toContainEqual(
        expect.anything(),
      );
      for (const record of records ?? []) {
        const { id, statelessProof } = record as ImageRecord;
        const payload = await backend.customEndpointHelper(id, undefined, statelessProof);
        expect(payload?.[0]).toBe(2);
      }
      await expectAll(backend, photos);
    }
    expect([...(await generations(one)).keys()].filter((id) => id.startsWith('photos:'))).toEqual([]);
    expect(await one.store.check()).toEqual([]);

    const again = (await two.saveImage(cat, { dir: 'photos', id: 'panorama' })) as ImageRecord;
    expect(one.getImageRecord('photos:panorama')?.token).toBe(again.token);
    expect((await generations(one)).get('photos:panorama')).toBe(hasKey ? 2 : 1);
  });

  test('by two at once removes each image once', async () => {
    const { open } = await place();
    const [one, two] = [open(), open()];
    await Promise.all([one.open(), two.open()]); // who opens goes on with what is being erased
    if (hasKey) await one.saveImage(cat, { dir: 'photos', id: 'new' });
    const removed = await Promise.all([one.deleteImages('photos'), two.deleteImages('photos')]);
    expect((removed[0] ?? 0) + (removed[1] ?? 0)).toBe(photos.length + (hasKey ? 1 : 0));
    expect(await one.store.usage()).toMatchObject({ images: images.length - photos.length });
    await expectAll(two, photos);
  });
});
