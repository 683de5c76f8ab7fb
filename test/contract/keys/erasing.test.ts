import { describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../../src/types/index.js';
import { failure } from '../../support/errors.js';
import { oldKey } from '../../support/keys.js';
import { photo } from '../../support/photos.js';
import { ask, keyPlace } from './place.js';

const cat = photo('cat.png');
const hubble = photo('hubble.jpg');

describe('erasing a folder', () => {
  test('takes all its images away, small and large, in every process, and no others', async () => {
    const { open } = await keyPlace();
    const [one, two] = [open(oldKey), open(oldKey)];
    for (const id of ['small', 'other']) await one.saveImage(cat, { dir: 'anna', id });
    await one.saveImage(hubble, { dir: 'anna', id: 'large' });
    await one.saveImage(cat, { dir: 'annabel', id: 'kept' });
    await one.saveImage(cat, { id: 'anna' });
    const ids = ['anna:small', 'anna:other', 'anna:large'];
    const records = ids.map((id) => two.getImageRecord(id) as ImageRecord);
    for (const backend of [one, two]) for (const record of records) expect(await ask(backend, record)).toBe(0);

    expect(await one.deleteImages('anna')).toBe(3);
    for (const backend of [two, one]) {
      for (const record of records) expect(await ask(backend, record)).toBe(2);
      for (const id of ids) expect(backend.getImageRecord(id)).toBeNull();
      expect(await backend.getImageRecords(ids)).toEqual([null, null, null]);
      for (const id of ids) expect(backend.imageExists(id)).toBe(false);
      for (const id of ids) expect(await backend.deleteImage(id)).toBe(false);
      await failure('IMAGE_NOT_FOUND', () => backend.updateImage('anna:small', cat));
      for (const id of ['annabel:kept', 'anna']) expect(backend.getImageRecord(id)).not.toBeNull();
    }
    expect((await one.stats())?.images).toBe(2);
    expect(await one.store.check()).toEqual([]);
    expect(await one.deleteImages('anna')).toBe(0);
  });

  test('leaves a folder that can be used again, with tokens that were never there', async () => {
    const { open } = await keyPlace();
    const [one, two] = [open(oldKey), open(oldKey)];
    const before = (await one.saveImage(cat, { dir: 'anna', id: 'me' })) as ImageRecord;
    await one.deleteImages('anna');
    const after = (await two.saveImage(hubble, { dir: 'anna', id: 'me' })) as ImageRecord;
    expect(after.token).toBeGreaterThan(before.token);
    for (const backend of [one, two]) {
      expect(await ask(backend, after)).toBe(0);
      expect(backend.getImageRecord('anna:me')?.meta).toEqual(after.meta);
    }
    await two.deleteImages('anna');
    expect(one.getImageRecord('anna:me')).toBeNull();
  });

  test('needs the name of a folder, as it stands in ids', async () => {
    const { open } = await keyPlace();
    const backend = open(oldKey);
    await backend.saveImage(cat, { dir: 'anna', id: 'me' });
    await backend.saveImage(cat, { id: 'none' });
    for (const dir of [
      '',
      ' ',
      'Anna',
      'anna ',
      'anna:',
      'anna:me',
      '*',
      '%',
      'a/b',
      undefined,
      null,
      7,
      ['anna'],
      {},
    ]) {
      await failure('IMAGE_DIR_INVALID', () => backend.deleteImages(dir as string));
    }
    expect(await backend.deleteImages('nobody')).toBe(0);
    expect(await backend.deleteImages('x'.repeat(65)), 'of an earlier version').toBe(0);
    expect((await backend.stats())?.images).toBe(2);
  });

  test('lets nothing survive of what is saved at the same time, but what is saved after it', async () => {
    const { open } = await keyPlace();
    const [one, two] = [open(oldKey), open(oldKey)];
    await one.saveImage(cat, { dir: 'anna', id: 'first' });
    let isErased = false;
    const saved: { id: string; wasErased: boolean }[] = [];
    const save = async (backend: typeof one, index: number) => {
      const wasErased = isErased;
      const record = await backend.saveImage(cat, { dir: 'anna', id: `id${index}` });
      saved.push({ id: record?.id as string, wasErased });
    };
    const saving = Array.from({ length: 60 }, (_, index) => save(index % 2 ? one : two, index));
    const erasing = one.deleteImages('anna').then(() => {
      isErased = true;
    });
    await Promise.all([...saving, erasing]);
    await Promise.all(Array.from({ length: 10 }, (_, index) => save(two, 100 + index)));
    for (const { id, wasErased } of saved) {
      const found = [one, two].map((backend) => backend.getImageRecord(id) !== null);
      expect(found[0]).toBe(found[1]);
      if (wasErased) expect(found).toEqual([true, true]);
    }
    expect(one.getImageRecord('anna:first')).toBeNull();
    expect(await one.store.check()).toEqual([]);
  });
});
