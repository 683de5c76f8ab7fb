import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import {
  type BackUpOptions,
  type BlobStore,
  createMemoryBlobs,
  createMemoryStore,
  createPixstoreBackend,
  fileBlobs,
  type ImageStore,
  listBackups,
  pruneBackups,
  type RestoreOptions,
  type VerifyOptions,
} from '../../../src/backend/index.js';
import { quickFolder } from '../../fault/support/quick-folder.js';
import { masterKey, quietLogger } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';
import { resizing } from '../../support/resizing.js';
import { smallPicture } from '../../support/small-picture.js';
import { backendOn, contentsOf, kinds, last } from './places.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];
const newKey = Buffer.alloc(32, 9).toString('base64');
const processing = resizing({ widths: { thumb: 40 }, placeholders: true });

type Backend = PixstoreBackend<never>;

/** `cats:one` is large, so that its ciphertext lies in a piece of its own where there is a limit. */
async function filled(store: ImageStore = createMemoryStore()): Promise<Backend> {
  const backend = backendOn(store, { processing });
  for (const id of ['a', 'b', 'Zed']) await backend.saveImage(cat, { id });
  for (const dir of ['cats', 'rockets']) await backend.saveImage(rocket, { dir, id: 'one' });
  await backend.saveImage(cat, { id: 'gone' });
  await backend.deleteImage('gone');
  return backend;
}

/** Small images, `id0000` and so on. */
async function withMany(count: number): Promise<Backend> {
  const backend = backendOn(createMemoryStore());
  const ids = Array.from({ length: count }, (_, index) => `id${String(index).padStart(4, '0')}`);
  await Promise.all(ids.map((id) => backend.saveImage(smallPicture(), { id })));
  return backend;
}

const backUp = (backend: Backend, place: string | BlobStore, options?: BackUpOptions) =>
  last(backend.backUpTo(place, options));

const verify = (place: string | BlobStore, options?: VerifyOptions, key: string | string[] = masterKey) =>
  last(backendOn(createMemoryStore(), { masterKey: key }).verifyBackup(place, options));

/** Puts a backup back into a new store. */
async function restore(
  place: string | BlobStore,
  options?: RestoreOptions,
  store: ImageStore = createMemoryStore(),
  key: string | string[] = masterKey,
) {
  const backend = backendOn(store, { masterKey: key });
  const done = await last(backend.restoreFrom(place, options));
  return { backend, done, store };
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

describe('a backup', () => {
  test.each(Object.keys(kinds))('of a store of the kind %s is put back, as it was', async (kind) => {
    const store = await (kinds[kind] as () => Promise<ImageStore>)();
    const backend = await filled(store);
    const place = join(await quickFolder(), 'backups');
    expect(await backUp(backend, place)).toMatchObject({ step: 'done', done: 5, copied: 5, same: 0, problems: [] });
    const before = await contentsOf(backend);
    expect(await verify(place)).toMatchObject({ done: 5, total: 5, sound: 5, damaged: [] });
    const restored = await restore(place, {}, await (kinds[kind] as () => Promise<ImageStore>)());
    expect(restored.done).toMatchObject({ step: 'done', copied: 5, erased: 0, failures: [] });
    expect(await contentsOf(restored.backend)).toEqual(before);
    expect(await restored.store.lastRemovedToken()).toBe(await store.lastRemovedToken());
    await restored.backend.updateImage('a', rocket);
    expect(await restored.backend.deleteImages('cats')).toBe(1);
  });

  test('in a place for blobs is the same as in a folder', async () => {
    const backend = await filled();
    const place = createMemoryBlobs();
    await backUp(backend, place);
    const { backend: restored } = await restore(place);
    expect(await contentsOf(restored)).toEqual(await contentsOf(backend));
  });

  test('is for its owner only, and shows no picture and no master key', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const files = filesIn(place);
    expect(files.filter((name) => name.startsWith('keys/'))).toHaveLength(1);
    for (const name of files) {
      expect(statSync(join(place, name)).mode & 0o777).toBe(0o600);
      const bytes = readFileSync(join(place, name));
      for (const secret of [cat.subarray(100, 132), rocket.subarray(100, 132), Buffer.from(masterKey, 'base64')]) {
        expect(bytes.includes(secret)).toBe(false);
        expect(bytes.includes(secret.toString('base64').slice(0, 40))).toBe(false);
      }
    }
  });

  test('copies only what has changed since, and has all', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const atFirst = await contentsOf(backend);
    const pieces = () => filesIn(place).filter((name) => /^(data|rows)/.test(name));
    const before = pieces();
    expect(await backUp(backend, place)).toMatchObject({ copied: 0, same: 5, bytes: 0 });
    expect(pieces()).toEqual(before);
    await backend.updateImage('a', rocket);
    await backend.deleteImage('b');
    await backend.saveImage(cat, { id: 'c' });
    expect(await backUp(backend, place)).toMatchObject({ copied: 2, same: 3 });
    const [first, second, third, ...others] = await listBackups(place);
    expect(others).toEqual([]);
    expect([first, second, third]).toMatchObject([{ images: 5 }, { images: 5 }, { images: 5 }]);
    expect(await contentsOf((await restore(place)).backend)).toEqual(await contentsOf(backend));
    const { backend: old } = await restore(place, { backup: first?.name ?? '' });
    expect(await contentsOf(old)).toEqual(atFirst);
    await failure('BACKUP_MISSING', () => restore(place, { backup: '0000000009-00000000' }));
  });

  test('takes parts that were added, and keys that were sealed anew, without the ciphertexts', async () => {
    const store = createMemoryStore();
    const plain = backendOn(store);
    for (const id of ['a', 'b']) await plain.saveImage(cat, { id });
    const place = createMemoryBlobs();
    const { bytes } = await backUp(plain, place);
    const backend = backendOn(store, { processing });
    await last(backend.rebuild());
    const next = await backUp(backend, place);
    expect(next).toMatchObject({ copied: 2 });
    expect(next.bytes).toBeLessThan(bytes / 10);
    expect(await contentsOf((await restore(place)).backend)).toEqual(await contentsOf(backend));
  });

  test('of an older moment stays, when later ones are made and others pruned', async () => {
    const backend = await filled();
    const place = await quickFolder();
    const contents: Record<string, unknown>[] = [];
    for (let round = 0; round < 4; round += 1) {
      await backend.updateImage('a', smallPicture());
      await backend.saveImage(smallPicture(), { dir: 'more', id: `id${round}` });
      await backUp(backend, place);
      contents.push(await contentsOf(backend));
    }
    const all = await listBackups(place);
    const size = filesIn(place).length;
    const pruned = await pruneBackups(place, { keep: 2 });
    expect(pruned.removed).toEqual(all.slice(0, 2).map(({ name }) => name));
    expect(pruned.pieces).toBeGreaterThan(0);
    expect(filesIn(place).length).toBe(size - pruned.pieces - 2);
    for (const [index, { name }] of all.entries()) {
      if (index < 2) await failure('BACKUP_MISSING', () => restore(place, { backup: name }));
      else expect(await contentsOf((await restore(place, { backup: name })).backend)).toEqual(contents[index]);
    }
    expect(await pruneBackups(place, { keep: 2 })).toEqual({ removed: [], pieces: 0 });
    await failure('CONFIG_INVALID', () => pruneBackups(place, { keep: 0 }));
  });

  test('writes anew what lies in pieces that are mostly needed no more, so that these can go', async () => {
    const backend = backendOn(createMemoryStore());
    const ids = Array.from({ length: 20 }, (_, index) => `id${index}`);
    for (const id of ids) await backend.saveImage(smallPicture(), { id });
    const place = await quickFolder();
    await backUp(backend, place);
    for (const id of ids.slice(0, 15)) await backend.deleteImage(id);
    expect(await backUp(backend, place)).toMatchObject({ copied: 0, same: 5 });
    expect(await backUp(backend, place)).toMatchObject({ copied: 5, same: 0 });
    await pruneBackups(place, { keep: 1 });
    expect(filesIn(place).filter((name) => name.startsWith('data/'))).toHaveLength(1);
    expect(await contentsOf((await restore(place)).backend)).toEqual(await contentsOf(backend));
  });

  test('keeps what lies in such pieces of images that are damaged or gone in the store by now', async () => {
    const store = createMemoryStore();
    const backend = backendOn(store);
    const ids = Array.from({ length: 20 }, (_, index) => `id${index}`);
    for (const id of ids) await backend.saveImage(smallPicture(), { id });
    const place = await quickFolder();
    await backUp(backend, place);
    for (const id of ids.slice(0, 15)) await backend.deleteImage(id);
    await backUp(backend, place);
    const before = await contentsOf(backend);
    const ciphertext = (await store.open('id17'))?.ciphertext as Uint8Array;
    ciphertext[5] = (ciphertext[5] as number) ^ 1;
    expect(await backUp(backend, place)).toMatchObject({ copied: 4, same: 1, problems: [] });
    await pruneBackups(place, { keep: 1 });
    expect(await contentsOf((await restore(place)).backend)).toEqual(before);
  });

  test('of a store that is written meanwhile has of each image one version, whole', async () => {
    const backend = backendOn(await (kinds.local as () => Promise<ImageStore>)());
    const ids = Array.from({ length: 250 }, (_, index) => `id${index}`);
    await Promise.all(ids.map((id) => backend.saveImage(smallPicture(), { id })));
    const place = createMemoryBlobs();
    let index = 0;
    for await (const { step } of backend.backUpTo(place)) {
      if (step !== 'images') continue;
      await backend.updateImage(`id${index}`, smallPicture());
      await backend.updateImage(`id${249 - index}`, smallPicture());
      await backend.deleteImage(`id${100 + index}`);
      await backend.saveImage(smallPicture(), { dir: 'late', id: `id${index}` });
      index += 1;
    }
    expect(index).toBeGreaterThan(2);
    const { total, sound, damaged } = await verify(place);
    expect({ sound, damaged }).toEqual({ sound: total, damaged: [] });
    await backUp(backend, place);
    expect(await contentsOf((await restore(place)).backend)).toEqual(await contentsOf(backend));
  });

  test('goes on where one was ended, and copies nothing twice', async () => {
    const backend = await withMany(300);
    const place = await quickFolder();
    const ending = new AbortController();
    const ended = (async () => {
      for await (const { done } of backend.backUpTo(place, { signal: ending.signal })) {
        if (done > 150) ending.abort(new Error('enough'));
      }
    })();
    await expect(ended).rejects.toThrow('enough');
    await failure('BACKUP_MISSING', () => verify(place));
    const { copied, same } = await backUp(backend, place);
    expect({ all: copied + same, most: copied < 150 }).toEqual({ all: 300, most: true });
    expect(await verify(place)).toMatchObject({ total: 300, sound: 300, damaged: [] });
    expect(filesIn(place).filter((name) => name.startsWith('drafts/'))).toEqual([]);
  });

  test('of many images writes the rows of those again that come next to a change, and no others', async () => {
    const backend = await withMany(2_500);
    const place = createMemoryBlobs();
    const written: string[] = [];
    const watched: BlobStore = {
      ...place,
      async write(name, bytes) {
        written.push(name.slice(0, name.indexOf('/')));
        await place.write(name, bytes);
      },
    };
    await backUp(backend, watched);
    const segments = written.filter((kind) => kind === 'rows').length;
    expect(segments).toBeGreaterThan(2);
    written.length = 0;
    expect(await backUp(backend, watched)).toMatchObject({ done: 2_500, same: 2_500 });
    expect(written).toEqual(['claims', 'keys', 'runs']);
    written.length = 0;
    await backend.updateImage('id1234', smallPicture());
    await backend.deleteImage('id2000');
    await backend.saveImage(smallPicture(), { id: 'id0000a' });
    expect(await backUp(backend, watched)).toMatchObject({ done: 2_500, copied: 2 });
    expect(written.filter((kind) => kind === 'rows').length).toBeLessThanOrEqual(3);
    expect(written.filter((kind) => kind === 'data')).toHaveLength(1);
    expect(await contentsOf((await restore(place)).backend)).toEqual(await contentsOf(backend));
  });

  test('of ids that ascend does not get a blob of rows with every backup', async () => {
    const backend = backendOn(createMemoryStore());
    const place = await quickFolder();
    for (let round = 0; round < 6; round += 1) {
      await backend.saveImage(smallPicture(), { id: `id${round}` });
      await backUp(backend, place);
    }
    await pruneBackups(place, { keep: 1 });
    expect(filesIn(place).filter((name) => name.startsWith('rows/'))).toHaveLength(1);
    expect(await verify(place)).toMatchObject({ sound: 6 });
  });

  test('says which image is damaged in the store, and has all others', async () => {
    const store = createMemoryStore();
    const backend = await filled(store);
    const place = await quickFolder();
    for (const variant of [undefined, 'thumb']) {
      const part = await store.open(variant ? 'b' : 'a', variant);
      const ciphertext = part?.ciphertext as Uint8Array;
      ciphertext[5] = (ciphertext[5] as number) ^ 1;
    }
    const done = await backUp(backend, place);
    expect(done.problems).toEqual([
      { kind: 'ciphertext-damaged', subject: 'a' },
      { kind: 'ciphertext-damaged', subject: 'b.thumb' },
    ]);
    expect((await listBackups(place))[0]?.problems).toEqual(done.problems);
    const { backend: restored } = await restore(place);
    expect(Object.keys(await contentsOf(restored))).toEqual(['Zed', 'b', 'cats:one', 'rockets:one']);
    expect(Object.keys(restored.getImageRecord('b', { variants: true })?.variants ?? {})).toEqual([]);
  });
});

describe('keys of backups', () => {
  test('that were erased open in no backup any more, whenever it was made', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const [{ name = '' } = {}] = await listBackups(place);
    await backend.deleteImages('cats');
    expect(await backUp(backend, place, { only: 'keys' })).toMatchObject({ step: 'keys', done: 0 });
    expect(await verify(place)).toMatchObject({ sound: 4, erased: 1, damaged: [] });
    const { backend: restored, done } = await restore(place, { backup: name });
    expect(done).toMatchObject({ copied: 4, erased: 1 });
    expect(restored.getImageRecord('cats:one')).toBeNull();
    await restored.saveImage(cat, { dir: 'cats', id: 'one' });
    expect((await restored.readImage('cats:one'))?.bytes.length).toBe(cat.length);
  });

  test('of a folder that was erased and used again open what was saved since', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    await backend.deleteImages('cats');
    await backend.saveImage(cat, { dir: 'cats', id: 'two' });
    await backUp(backend, place);
    const [first, second] = await listBackups(place);
    expect(Object.keys(await contentsOf((await restore(place, { backup: first?.name ?? '' })).backend))).not.toContain(
      'cats:one',
    );
    const { backend: restored } = await restore(place, { backup: second?.name ?? '' });
    expect(await contentsOf(restored)).toEqual(await contentsOf(backend));
  });

  test('of folders that are named when it is put back do not come back', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const { backend: restored, done, store } = await restore(place, { erased: ['cats', 'nobody'] });
    expect(done.erased).toBe(1);
    expect(Object.keys(await contentsOf(restored))).toEqual(['Zed', 'a', 'b', 'rockets:one']);
    expect(await store.folderKey('cats')).toBeNull();
  });

  test('open with the master key that they were exchanged for, and after a leak with nothing of before', async () => {
    const store = createMemoryStore();
    const backend = await filled(store);
    const place = await quickFolder();
    await backUp(backend, place);
    const before = await contentsOf(backend);
    const both = backendOn(store, { masterKey: [newKey, masterKey] });
    await last(both.rotateMasterKey());
    await failure('MASTER_KEY_MISMATCH', () => verify(place, {}, newKey));
    await backUp(both, place, { only: 'keys' });
    await failure('MASTER_KEY_MISMATCH', () => verify(place));
    const { backend: restored } = await restore(place, {}, createMemoryStore(), newKey);
    expect(await contentsOf(restored)).toEqual(before);

    await last(both.rotateMasterKey({ compromised: true }));
    expect(await backUp(both, place)).toMatchObject({ copied: 0, same: 5 });
    const [first] = await listBackups(place);
    expect(await verify(place, {}, newKey)).toMatchObject({ sound: 5 });
    expect(await verify(place, { backup: first?.name ?? '' }, newKey)).toMatchObject({ sound: 0, erased: 5 });
  });

  test('that were erased while a backup had just read them do not come back with it', async () => {
    const store = createMemoryStore();
    await filled(store);
    const place = createMemoryBlobs();
    let onKeysRead = async () => {};
    const slow = backendOn({
      ...store,
      async *folderKeys() {
        yield* store.folderKeys();
        await onKeysRead();
      },
    });
    const other = backendOn(store);
    for await (const { step } of slow.backUpTo(place)) {
      if (step !== 'keys') continue;
      onKeysRead = async () => {
        onKeysRead = async () => {};
        await other.deleteImages('cats');
        await backUp(other, place, { only: 'keys' });
      };
    }
    expect(await verify(place)).toMatchObject({ sound: 4, erased: 1, damaged: [] });
    const { done } = await restore(place);
    expect(done).toMatchObject({ copied: 4, erased: 1 });
  });

  test('are those of all images, also while the master key is exchanged after a leak', async () => {
    const store = createMemoryStore();
    await filled(store);
    const both = backendOn(store, { masterKey: [newKey, masterKey] });
    const place = createMemoryBlobs();
    let walks = 0;
    for await (const { step } of both.backUpTo(place)) {
      if (step !== 'images') continue;
      walks += 1;
      if (walks === 1) await last(both.rotateMasterKey({ compromised: true }));
    }
    expect(walks).toBe(2);
    expect(await verify(place, {}, newKey)).toMatchObject({ sound: 5, erased: 0, damaged: [] });
  });
});

describe('a place of backups', () => {
  test('is refused when it has those of another store, or anything else', async () => {
    const [one, other] = [await filled(), await filled()];
    const place = await quickFolder();
    await backUp(one, place);
    const before = filesIn(place);
    await failure('BACKUP_FOREIGN', () => backUp(other, place));
    const { backend: restored } = await restore(place);
    await failure('BACKUP_FOREIGN', () => backUp(restored, place));
    expect(filesIn(place)).toEqual(before);
    const home = await quickFolder();
    writeFileSync(join(home, 'thesis.odt'), 'mine');
    await failure('BACKUP_FOREIGN', () => backUp(one, home));
    expect(readdirSync(home)).toEqual(['thesis.odt']);
    await failure('CONFIG_INVALID', () => backUp(one, ''));
    await failure('BACKUP_MISSING', async () => verify(await quickFolder()));
  });

  test.each(['data', 'rows', 'runs', 'keys'])(
    'with a damaged piece of %s: it is found, named and mended',
    async (kind) => {
      const backend = await filled();
      const place = await quickFolder();
      await backUp(backend, place);
      const piece = filesIn(place).find((name) => name.startsWith(`${kind}/`)) as string;
      const bytes = readFileSync(join(place, piece));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      writeFileSync(join(place, piece), bytes);
      if (kind === 'runs' || kind === 'keys') {
        const { message } = await failure('BACKUP_DAMAGED', () => verify(place));
        expect(message).toContain(piece);
      } else {
        const { sound, damaged } = await verify(place);
        expect(sound).toBeLessThan(5);
        expect(damaged.length).toBeGreaterThan(0);
        for (const { error } of damaged)
          expect(error).toMatchObject({ code: 'BACKUP_DAMAGED', message: expect.stringContaining(piece) });
        const { done } = await restore(place);
        expect(done.copied + done.failures.length).toBeGreaterThan(0);
      }
      rmSync(join(place, piece));
      await backUp(backend, place);
      expect(await verify(place)).toMatchObject({ sound: 5, damaged: [] });
    },
  );

  test('that does not give back what was written to it ends the backup, which is not whole', async () => {
    const backend = await filled();
    const blobs = createMemoryBlobs();
    const forgetful: BlobStore = { ...blobs, read: async (_, size) => new Uint8Array(size) };
    await failure('BACKUP_FAILED', () => backUp(backend, forgetful));
    await failure('BACKUP_MISSING', () => verify(blobs));
    await backUp(backend, blobs);
    expect(await verify(blobs)).toMatchObject({ sound: 5 });
  });

  test('takes two backups at once, and both are whole', async () => {
    const backend = await withMany(300);
    const place = await quickFolder();
    await Promise.all([backUp(backend, place), backUp(backend, place)]);
    const backups = await listBackups(place);
    expect(backups).toHaveLength(2);
    for (const { name } of backups) expect(await verify(place, { backup: name })).toMatchObject({ sound: 300 });
    await pruneBackups(place, { keep: 1 });
    expect(await verify(place)).toMatchObject({ sound: 300, damaged: [] });
    expect(await backUp(backend, place)).toMatchObject({ copied: 0, same: 300 });
  });

  test('of which the keys are damaged gets them anew with the next backup', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const keys = join(place, filesIn(place).find((name) => name.startsWith('keys/')) as string);
    writeFileSync(keys, 'no keys');
    await failure('BACKUP_DAMAGED', () => verify(place));
    await backUp(backend, place, { only: 'keys' });
    expect(await verify(place)).toMatchObject({ sound: 5, damaged: [] });
  });

  test('that was pruned while a backup is made there ends that, and the next goes on', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    await backend.saveImage(cat, { id: 'c' });
    const pruning = (async () => {
      for await (const { step } of backend.backUpTo(place)) {
        if (step === 'keys') await pruneBackups(place, { keep: 1 });
      }
    })();
    await pruning.catch(() => {});
    await backUp(backend, place);
    expect(await verify(place)).toMatchObject({ sound: 6, damaged: [] });
  });

  test.each([{ only: 'rows' }, { rate: 5 }, { folder: 'x' }])(
    'options that are wrong are refused: %o',
    async (wrong) => {
      const backend = await filled();
      await failure('CONFIG_INVALID', () => backUp(backend, createMemoryBlobs(), wrong as BackUpOptions));
    },
  );
});

describe('a backup that is put back', () => {
  test('does not go over a store that has something in it, and says what differs', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    await backend.updateImage('a', rocket);
    await backend.deleteImage('b');
    for (const id of ['new1', 'new2']) await backend.saveImage(cat, { id });
    const before = await contentsOf(backend);
    const { message } = await failure('COPY_REFUSED', () => last(backend.restoreFrom(place)));
    expect(message).toContain('6 images already: 2 that the backup has not, 1 in another version; the backup has 1');
    expect(await contentsOf(backend)).toEqual(before);
  });

  test('is not a store before it is whole, and goes on', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const store = createMemoryStore();
    const ending = new AbortController();
    const ended = (async () => {
      const steps = backendOn(store).restoreFrom(place, { signal: ending.signal });
      for await (const _ of steps) ending.abort(new Error('enough'));
    })();
    await expect(ended).rejects.toThrow('enough');
    await failure('COPY_UNFINISHED', () => backendOn(store).open());
    const { done, backend: restored } = await restore(place, {}, store);
    expect(done).toMatchObject({ copied: 0, same: 5 });
    expect(await contentsOf(restored)).toEqual(await contentsOf(backend));
  });

  test('needs the right master key, and makes and changes nothing without it', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const store = createMemoryStore();
    await failure('MASTER_KEY_MISMATCH', () => restore(place, {}, store, newKey));
    expect(await store.keyRing()).toBeNull();
    const folder = await quickFolder();
    const paths = { databasePath: join(folder, 'db.sqlite'), imageRootDir: join(folder, 'images') };
    const local = createPixstoreBackend<'throw'>({
      ...paths,
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
    });
    await failure('MASTER_KEY_MISSING', () => last(local.restoreFrom(place)));
    expect(existsSync(join(folder, 'db.sqlite.key'))).toBe(false);
    await local.close();
  });

  test('can be backed up to a place of its own, and copied', async () => {
    const backend = await filled();
    const place = await quickFolder();
    await backUp(backend, place);
    const { backend: restored } = await restore(place);
    const second = fileBlobs(await quickFolder());
    await backUp(restored, second);
    expect(await contentsOf((await restore(second)).backend)).toEqual(await contentsOf(backend));
  });
});
