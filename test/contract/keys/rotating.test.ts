import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/public-api.js';
import { generationOf } from '../../../src/stores/port.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { failure } from '../../support/errors.js';
import { newKey, oldKey, thirdKey } from '../../support/keys.js';
import { photo } from '../../support/photos.js';
import { ask, drain, keyPlace } from './place.js';

const cat = photo('cat.png');
const ids = ['a:one', 'a:two', 'b:one', 'none'];

async function saveAll(backend: PixstoreBackend): Promise<void> {
  for (const id of ids) {
    const [dir, key] = id.includes(':') ? (id.split(':') as [string, string]) : [undefined, id];
    await backend.saveImage(cat, { id: key, ...(dir !== undefined && { dir }) });
  }
}

const metas = (backend: PixstoreBackend) => ids.map((id) => backend.getImageRecord(id)?.meta);

describe.each([false, true])('exchanging the master key (compromised: %s)', (compromised) => {
  test('keeps every image, and then the new key alone opens the store', async () => {
    const { open } = await keyPlace();
    const before = open(oldKey);
    await saveAll(before);
    const known = metas(before);
    await before.close();

    const during = open([newKey, oldKey]);
    await drain(during.rotateMasterKey({ compromised }));
    expect(metas(during)).toEqual(known);
    await during.saveImage(cat, { dir: 'a', id: 'later' });
    await during.close();

    await failure('MASTER_KEY_MISMATCH', () => open(oldKey).open());
    const after = open(newKey);
    expect(metas(after)).toEqual(known);
    expect(after.getImageRecord('a:later')).not.toBeNull();
    await after.updateImage('a:one', cat);
  });

  test('goes on in other processes, which have both keys', async () => {
    const { open } = await keyPlace();
    const one = open([newKey, oldKey]);
    const two = open([oldKey, newKey]);
    await saveAll(two);
    const known = metas(two);
    await drain(one.rotateMasterKey({ compromised }));
    expect(metas(two)).toEqual(known);
    const record = (await two.saveImage(cat, { dir: 'a', id: 'later' })) as ImageRecord;
    expect(await ask(one, record)).toBe(0);
    expect(await ask(two, one.getImageRecord('a:later') as ImageRecord)).toBe(0);
  });

  test('can be done again and again, back and forth', async () => {
    const { open } = await keyPlace();
    let backend = open(oldKey);
    await saveAll(backend);
    const known = metas(backend);
    for (const [next, last] of [[newKey, oldKey], [thirdKey, newKey], [oldKey, thirdKey], [oldKey]] as [
      string,
      string?,
    ][]) {
      await backend.close();
      backend = open(last === undefined ? next : [next, last]);
      await drain(backend.rotateMasterKey({ compromised }));
      expect(metas(backend)).toEqual(known);
    }
    await backend.close();
    expect(metas(open(oldKey))).toEqual(known);
  });

  test('by two processes at once leaves one of the new keys to open the store, and every image', async () => {
    const { open } = await keyPlace();
    const first = open(oldKey);
    await saveAll(first);
    const known = metas(first);
    await first.close();
    const one = open([newKey, oldKey, thirdKey]);
    const two = open([thirdKey, oldKey, newKey]);
    await Promise.all([drain(one.rotateMasterKey({ compromised })), drain(two.rotateMasterKey({ compromised }))]);
    for (const backend of [one, two]) expect(metas(backend)).toEqual(known);
    await Promise.all([one.close(), two.close()]);
    await failure('MASTER_KEY_MISMATCH', () => open(oldKey).open());
    const opened = [newKey, thirdKey].flatMap((key) => {
      try {
        return [metas(open(key))];
      } catch {
        return [];
      }
    });
    expect(opened).toEqual([known]);
  });

  test('of a store without images makes keys for those to come', async () => {
    const { open } = await keyPlace();
    const backend = open([newKey, oldKey]);
    await drain(backend.rotateMasterKey({ compromised }));
    await saveAll(backend);
    await backend.close();
    expect(metas(open(newKey))).toHaveLength(ids.length);
  });

  test('stops when it is told to, with what it was told, and goes on the next time', async () => {
    const { open } = await keyPlace();
    const backend = open([newKey, oldKey]);
    await saveAll(backend);
    const known = metas(backend);
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(drain(backend.rotateMasterKey({ compromised, signal: stop.signal }))).rejects.toThrow('enough');
    expect(metas(backend)).toEqual(known);
    await drain(backend.rotateMasterKey({ compromised, signal: new AbortController().signal }));
    expect(metas(backend)).toEqual(known);
  });
});

describe('proofs', () => {
  test('of before live on for two windows after a routine exchange, in every process, and end then', async () => {
    const { open, clock } = await keyPlace();
    const [one, two] = [open([newKey, oldKey]), open([oldKey, newKey])];
    await saveAll(one);
    const record = one.getImageRecord('a:one') as ImageRecord;
    await drain(one.rotateMasterKey());
    for (const backend of [one, two]) expect(await ask(backend, record)).toBe(0);
    clock.now += 19_999;
    for (const backend of [one, two]) expect(await ask(backend, record)).toBe(0);
    // With the same clock again, a proof of the old key would be as good as ever.
    clock.now += 20_001;
    for (const backend of [one, two]) {
      expect(await ask(backend, record)).toBe(5);
      expect(await ask(backend, backend.getImageRecord('a:one') as ImageRecord)).toBe(0);
    }
  });

  test('of before end at once after a leak, in every process, and new ones are good', async () => {
    const { open } = await keyPlace();
    const [one, two] = [open([newKey, oldKey]), open([oldKey, newKey])];
    await saveAll(one);
    const records = [one, two].map((backend) => backend.getImageRecord('a:one') as ImageRecord);
    for (const backend of [one, two]) for (const record of records) expect(await ask(backend, record)).toBe(0);
    await drain(one.rotateMasterKey({ compromised: true }));
    for (const backend of [two, one]) {
      for (const record of records) expect(await ask(backend, record)).toBe(5);
      const fresh = backend.getImageRecord('a:one') as ImageRecord;
      for (const other of [one, two]) expect(await ask(other, fresh)).toBe(0);
    }
  });
});

describe('a process that was not given the new key', () => {
  test('goes on serving what it can, and says what is missing', async () => {
    const { open, clock } = await keyPlace();
    const one = open([newKey, oldKey]);
    const two = open(oldKey);
    await saveAll(two);
    const record = two.getImageRecord('a:one') as ImageRecord;
    await drain(one.rotateMasterKey());
    expect(await ask(two, record)).toBe(0);
    await two.saveImage(cat);
    clock.now += 40_000;
    await failure('MASTER_KEY_MISMATCH', () => two.getImageRecord('a:one'));
    await failure('MASTER_KEY_MISMATCH', () => two.saveImage(cat, { id: 'refused' }));
    expect((await two.health())?.status).toBe('degraded');
    expect((await one.health())?.status).toBe('ok');
    await two.close();
    expect(one.imageExists('refused')).toBe(false);
  });

  test('cannot put anything back under a key of before', async () => {
    const { open } = await keyPlace();
    const one = open([newKey, oldKey]);
    const two = open(oldKey);
    await saveAll(two);
    const before = await two.store.record('a:one');
    await drain(one.rotateMasterKey({ compromised: true }));
    await failure('MASTER_KEY_MISMATCH', () => two.updateImage('a:one', cat));
    expect(before && (await two.store.reseal([before]))).toBe(0);
    const after = await one.store.record('a:one');
    expect(after && generationOf(after.sealedKey)).toBe(2);
  });
});
