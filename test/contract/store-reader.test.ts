import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../src/backend/face/public-api.js';
import { sealKey } from '../../src/backend/keys/sealing.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { newKey, oldKey, storeKeysOf, thirdKey } from '../support/keys.js';
import { photo } from '../support/photos.js';
import { type ReadStore, readStore } from '../support/store-reader.js';
import { ask, drain, keyPlace } from './keys/place.js';

// What a reader finds that was written from docs/wire-format.md alone, in stores that pixstore made.

const windowLength = 20_000;
const pictures = [
  { id: 'plain', name: 'cat.png', format: 'png' },
  { id: 'a:small', name: 'coffee.webp', format: 'webp' },
  { id: 'a:large', name: 'astronaut.jpg', format: 'jpg' },
  { id: 'b-2:large', name: 'gravel.png', format: 'png' },
];

async function saveAll(backend: PixstoreBackend): Promise<void> {
  for (const { id, name } of pictures) {
    const [dir, key = id] = id.includes(':') ? id.split(':') : [];
    await backend.saveImage(photo(name), { id: key, ...(dir !== undefined && { dir }) });
  }
}

/** A store made with the old key, and what reads it without pixstore. */
async function savedPlace(masterKey: string | string[] = oldKey) {
  const place = await keyPlace();
  const backend = place.open(masterKey);
  await saveAll(backend);
  const read = (keys: string[], databasePath = place.databasePath): ReadStore =>
    readStore({
      databasePath,
      imageRootDir: join(place.folder, 'images'),
      masterKeys: keys.map((key) => Buffer.from(key, 'hex')),
    });
  return { ...place, backend, read };
}

/** Is every picture there as it was saved, and described as the backend describes it? */
function expectAll(store: ReadStore, backend: PixstoreBackend, saved: readonly (typeof pictures)[number][]): void {
  expect([...store.pictures.keys()].sort()).toEqual(saved.map(({ id }) => id).sort());
  for (const { id, name, format } of saved) {
    const found = store.pictures.get(id);
    const record = backend.getImageRecord(id);
    expect(found?.image.equals(photo(name))).toBe(true);
    expect(found).toMatchObject({ format, token: record?.token });
    expect(found?.info).toEqual({ format, width: record?.width, height: record?.height });
  }
}

/** Does a backend take the proofs that the reader makes, alone and for an audience? */
async function expectProofsTaken(store: ReadStore, backend: PixstoreBackend, now: number): Promise<void> {
  for (const { id } of pictures) {
    const token = backend.getImageRecord(id)?.token;
    const proof = store.prove(id, now, windowLength);
    expect(backend.getImageRecord(id)?.statelessProof).toBe(proof);
    expect((await backend.customEndpointHelper(id, token, proof))?.[0]).toBe(0);
    const bound = store.prove(id, now, windowLength, 'user-7');
    expect((await backend.customEndpointHelper(id, token, bound, { audience: 'user-7' }))?.[0]).toBe(0);
    expect((await backend.customEndpointHelper(id, token, bound))?.[0]).toBe(5);
  }
}

describe('a reader made from the wire format alone', () => {
  test('has every picture of a store, in rows and in files, of several folders', async () => {
    const { backend, read, folder } = await savedPlace();
    const store = read([oldKey]);
    expectAll(store, backend, pictures);
    for (const { width, height } of [...store.pictures.values()].map(({ info }) => ({ ...info }))) {
      expect([width, height].every((length) => (length ?? 0) > 0)).toBe(true);
    }
    const files = [...store.pictures.values()].filter(({ image }) => image.length > 64 * 1024);
    expect(files.length).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'images'))).toBe(true);
  });

  test('makes proofs that the backend takes, and the same that it makes', async () => {
    const { backend, read, clock } = await savedPlace();
    await expectProofsTaken(read([oldKey]), backend, clock.now);
    clock.now += windowLength;
    await expectProofsTaken(read([oldKey]), backend, clock.now);
  });

  test('opens nothing without the master key, and nothing with another', async () => {
    const { read } = await savedPlace();
    expect(() => read([])).toThrow('is needed');
    expect(() => read([newKey])).toThrow('is needed');
  });

  test('has new versions, and none of what was deleted', async () => {
    const { backend, read } = await savedPlace();
    await backend.updateImage('a:small', photo('rocket.jpg'));
    await backend.updateImage('a:large', photo('cat.png'));
    await backend.deleteImage('plain');
    expectAll(read([oldKey]), backend, [
      { id: 'a:small', name: 'rocket.jpg', format: 'jpg' },
      { id: 'a:large', name: 'cat.png', format: 'png' },
      { id: 'b-2:large', name: 'gravel.png', format: 'png' },
    ]);
  });

  test('reads a copy of the database that was closed, and one that lies beside its log', async () => {
    const { backend, read, copyDatabase, databasePath } = await savedPlace();
    const copy = copyDatabase('copy.sqlite');
    expectAll(read([oldKey], copy), backend, pictures);
    const records = pictures.map(({ id }) => backend.getImageRecord(id));
    await backend.close();
    const closed = `${databasePath}.closed`;
    copyFileSync(databasePath, closed);
    const { pictures: found } = read([oldKey], closed);
    expect([...found.values()].map(({ token }) => token).sort()).toEqual(records.map((each) => each?.token).sort());
  });
});

describe('after an exchange of the master key', () => {
  test.each([false, true])('it has all by the new one alone, and the proofs (compromised: %s)', async (compromised) => {
    const { open, backend: before, read, clock } = await savedPlace();
    await before.close();
    const backend = open([newKey, oldKey]);
    const old = backend.getImageRecord('a:small');
    const proofBefore = read([oldKey]).prove('a:small', clock.now, windowLength);
    await drain(backend.rotateMasterKey({ compromised }));
    expect(() => read([oldKey])).toThrow('is needed');
    const store = read([newKey]);
    expectAll(store, backend, pictures);
    await expectProofsTaken(store, backend, clock.now);
    expect(store.prove('a:small', clock.now, windowLength)).not.toBe(proofBefore);
    expect(old && (await ask(backend, old))).toBe(compromised ? 5 : 0);
  });

  test('and another one, it has what was saved before, between and after', async () => {
    const { open, backend: first, read, clock } = await savedPlace();
    await first.close();
    const second = open([newKey, oldKey]);
    await drain(second.rotateMasterKey({ compromised: true }));
    await second.saveImage(photo('cat.png'), { dir: 'a', id: 'between' });
    await second.close();
    const third = open([thirdKey, newKey]);
    await drain(third.rotateMasterKey());
    await third.saveImage(photo('cat.png'), { dir: 'c', id: 'after' });
    const later = ['a:between', 'c:after'].map((id) => ({ id, name: 'cat.png', format: 'png' }));
    expectAll(read([thirdKey]), third, [...pictures, ...later]);
    await expectProofsTaken(read([thirdKey]), third, clock.now);
  });
});

describe('of a folder that was erased', () => {
  test('it has nothing, and what is saved there later', async () => {
    const { backend, read } = await savedPlace();
    await backend.deleteImages('a');
    const left = pictures.filter(({ id }) => !id.startsWith('a:'));
    expectAll(read([oldKey]), backend, left);
    await backend.saveImage(photo('cat.png'), { dir: 'a', id: 'small' });
    expectAll(read([oldKey]), backend, [...left, { id: 'a:small', name: 'cat.png', format: 'png' }]);
  });

  test('it has nothing even while its rows are still to be removed', async () => {
    const { read, copyDatabase } = await savedPlace();
    const copy = copyDatabase('erasing.sqlite');
    const database = findDriver()(copy);
    database.exec(
      "UPDATE folder_keys SET is_destroyed = 1, wrapped = zeroblob(length(wrapped)) WHERE folder = 'a'; INSERT INTO erasures VALUES ('a', 1)",
    );
    const rows = database.prepare("SELECT id FROM parts WHERE id LIKE 'a:%'").all();
    database.close();
    expect(rows).toHaveLength(2);
    expect([...read([oldKey], copy).pictures.keys()].sort()).toEqual(['b-2:large', 'plain']);
  });
});

test('variants are found under their joined ids, with placeholders', async () => {
  const { backend, read, clock } = await savedPlace();
  const record = backend.getImageRecord('a:small');
  const plain = Buffer.concat([Buffer.of(2), photo('coffee.webp')]);
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const { ciphertext, tag } = encrypt(key, iv, plain);
  const info = { format: 'webp', width: 9, height: 7, placeholder: Buffer.from('blurred') } as const;
  const owner = { id: 'a:small', variant: 'thumb', token: record?.token ?? 0 };
  const folderKey = await storeKeysOf(backend.store, oldKey, () => clock.now).folderKey('a');
  const sealedKey = sealKey({ key, info }, owner, folderKey, randomBytes);
  const parts = [{ variant: 'thumb', sealedKey, iv, tag, ciphertext }];
  expect(await backend.store.addParts('a:small', owner.token, parts)).toEqual(['thumb']);
  const found = read([oldKey]).pictures.get('a:small.thumb');
  expect(found).toMatchObject({ format: 'webp', token: owner.token, info });
  expect(found?.image.equals(photo('coffee.webp'))).toBe(true);
});

function encrypt(key: Uint8Array, iv: Uint8Array, plain: Uint8Array) {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { ciphertext, tag: cipher.getAuthTag() };
}

describe('of a store of schema 1', () => {
  const fixture = fileURLToPath(new URL('../fixtures/schema-1', import.meta.url));
  const { images }: { images: { id: string; token: number; bytes: number; sha256: string }[] } = JSON.parse(
    readFileSync(join(fixture, 'expected.json'), 'utf8'),
  );

  async function oldPlace() {
    const place = await keyPlace();
    cpSync(fixture, place.folder, { recursive: true });
    const databasePath = join(place.folder, 'images.sqlite');
    const read = (...keys: string[]) =>
      readStore({
        databasePath,
        imageRootDir: join(place.folder, 'images'),
        masterKeys: keys.map((key) => Buffer.from(key, 'hex')),
      });
    const open = (...keys: string[]) => place.open(keys, { databasePath });
    return { ...place, read, open };
  }

  function expectImages({ pictures: found }: ReadStore): void {
    const those = images.map(({ id }) => ({ id, picture: found.get(id) }));
    expect(
      those.map(({ id, picture }) => ({
        id,
        token: picture?.token,
        bytes: picture?.image.length,
        sha256: createHash('sha256')
          .update(picture?.image ?? '')
          .digest('hex'),
      })),
    ).toEqual(images);
  }

  test('it has every picture before this pixstore has opened it', async () => {
    const { read } = await oldPlace();
    expectImages(read(oldKey));
    expect(read(oldKey).pictures.size).toBe(images.length);
  });

  test('it has them beside new ones, when both versions of sealed keys are there', async () => {
    const { read, open, clock } = await oldPlace();
    const before = read(oldKey);
    const backend = open(oldKey);
    const proof = before.prove('plain', clock.now, windowLength);
    expect(backend.getImageRecord('plain')?.statelessProof).toBe(proof);
    await backend.saveImage(photo('cat.png'), { dir: 'avatars', id: 'new' });
    const store = read(oldKey);
    expectImages(store);
    expect(store.pictures.get('avatars:new')?.image.equals(photo('cat.png'))).toBe(true);
    // For one hour more proofs are made as before.
    for (const [after, isAsBefore] of [
      [3_599_999, true],
      [3_600_000, false],
    ] as const) {
      clock.now = 1_700_000_000_000 + after;
      const made = backend.getImageRecord('plain')?.statelessProof;
      expect(made).toBe(store.prove('plain', clock.now, windowLength));
      expect(made === before.prove('plain', clock.now, windowLength)).toBe(isAsBefore);
    }
  });

  test('it has them after exchanges of the master key', async () => {
    const { read, open } = await oldPlace();
    const one = open(newKey, oldKey);
    await drain(one.rotateMasterKey());
    await one.close();
    expectImages(read(newKey));
    const two = open(thirdKey, newKey);
    await drain(two.rotateMasterKey({ compromised: true }));
    expectImages(read(thirdKey));
    expect(read(thirdKey).pictures.get('plain')?.info).toBeUndefined();
  });

  test('it has nothing of a folder that was erased', async () => {
    const { read, open } = await oldPlace();
    const backend = open(oldKey);
    await backend.deleteImages('avatars');
    const ids = images.map(({ id }) => id).filter((id) => !id.startsWith('avatars:'));
    expect([...read(oldKey).pictures.keys()].sort()).toEqual(ids.sort());
  });

  test('it has nothing of such a folder even while its rows are still to be removed', async () => {
    const { read, open, folder } = await oldPlace();
    const backend = open(oldKey);
    await backend.open();
    await backend.close();
    const database = findDriver()(join(folder, 'images.sqlite'));
    database.exec("INSERT INTO folder_keys (folder, generation, is_destroyed, wrapped) VALUES ('avatars', 0, 1, x'')");
    database.close();
    const ids = images.map(({ id }) => id).filter((id) => !id.startsWith('avatars:'));
    expect([...read(oldKey).pictures.keys()].sort()).toEqual(ids.sort());
    expect(open(oldKey).getImageRecord('avatars:player-7')).toBeNull();
  });
});
