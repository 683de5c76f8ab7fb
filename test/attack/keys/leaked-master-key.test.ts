import { describe, expect, test } from 'vitest';
import { failure } from '../../support/errors.js';
import { newKey, oldKey } from '../../support/keys.js';
import { crimeScene, rotate, type Scene, stateFor } from './crime-scene.js';
import { firstProofKey, forge, type Opened, openAll } from './thief.js';

const namesOf = (opened: Opened) => [...opened.pictures.keys()].map((name) => name.split('@')[0]).sort();

/** Every picture that the thief has is one that was there. */
function expectTrue(scene: Scene, { pictures }: Opened): void {
  const known = [...scene.pictures.values()];
  for (const picture of pictures.values()) expect(known.some((each) => each.equals(picture))).toBe(true);
}

/**
 * A thief copies the database; then the master key is exchanged, and life goes on. Of some images the ciphertext lies in
 * rows, of others in files.
 */
async function crime(compromised: boolean) {
  const scene = await crimeScene();
  const before = scene.open(oldKey);
  await scene.save(before, 'a:row');
  await scene.save(before, 'a:file', 'file');
  await scene.save(before, 'b:updated', 'file');
  await scene.save(before, 'gone:row');
  await scene.save(before, 'gone:file', 'file');
  const updatedBefore = scene.pictures.get('b:updated') as Buffer;
  const oldDatabase = scene.stealDatabase('old.sqlite');
  await before.close();

  const backend = scene.open([newKey, oldKey]);
  await rotate(backend, compromised);
  await scene.save(backend, 'a:later');
  await scene.save(backend, 'a:later-file', 'file');
  await scene.save(backend, 'b:updated', 'file');
  await scene.save(backend, 'new-folder:one');
  await backend.deleteImages('gone');
  await backend.store.sweep();
  const newDatabase = scene.stealDatabase('new.sqlite');
  const loot = (...databases: string[]) => ({ masterKey: oldKey, databases, blobs: [scene.images] });
  return { scene, backend, oldDatabase, newDatabase, loot, updatedBefore };
}

describe.each([false, true])('who has the old master key, after an exchange (compromised: %s)', (compromised) => {
  test('opens nothing with the database of today and all ciphertexts', async () => {
    const { scene, backend, newDatabase, loot } = await crime(compromised);
    expect(openAll(loot(newDatabase))).toEqual({
      storeKeys: 0,
      proofKeys: [],
      folderKeys: [],
      imageKeys: [],
      pictures: new Map(),
    });
    // The same thief with the key of today opens all there is: he knows how it is done.
    const owner = openAll({ ...loot(newDatabase), masterKey: newKey });
    expect(namesOf(owner)).toEqual(['a:file', 'a:later', 'a:later-file', 'a:row', 'b:updated', 'new-folder:one']);
    expectTrue(scene, owner);
    await backend.close();
    await failure('MASTER_KEY_MISMATCH', () => scene.open(oldKey).open());
  });
});

describe('who has the old master key and a copy of the database from before', () => {
  test('opens after a routine exchange everything that is stored today, and what his copy has of what was erased', async () => {
    const { scene, oldDatabase, newDatabase, loot } = await crime(false);
    const opened = openAll(loot(oldDatabase, newDatabase));
    expect(namesOf(opened)).toEqual([
      'a:file',
      'a:later',
      'a:later-file',
      'a:row',
      'b:updated',
      'gone:row',
      'new-folder:one',
    ]);
    expect(opened.folderKeys).toContain('new-folder:1');
    expectTrue(scene, opened);
    expect(opened.pictures.size).toBe(7);
  });

  test('opens after a leak was told only the pictures of then, where their ciphertext is still there', async () => {
    const { scene, oldDatabase, newDatabase, loot } = await crime(true);
    const opened = openAll(loot(oldDatabase, newDatabase));
    expect(namesOf(opened)).toEqual(['a:file', 'a:row', 'gone:row']);
    expectTrue(scene, opened);
    // No box that was made since: only generations of then, and keys of versions of then.
    expect(opened.storeKeys).toBe(1);
    expect(opened.folderKeys).toEqual(['a:1', 'b:1', 'gone:1']);
    const then = scene.rows('SELECT id, token FROM parts', 'old.sqlite').map(({ id, token }) => `${id}@${token}`);
    expect(opened.imageKeys).toEqual(then.sort());
  });

  test('gets nothing more when he can also write the database of today, whose list of keys the old one is not in', async () => {
    const { scene, backend, oldDatabase, loot } = await crime(true);
    await backend.close();
    // All rows of keys of then, beside and in place of those of today.
    scene.putBack(
      'folder_keys',
      scene.rows('SELECT folder, generation, is_destroyed, wrapped FROM folder_keys', 'old.sqlite'),
    );
    const server = scene.open(newKey);
    await scene.save(server, 'a:even-later');
    await scene.save(server, 'gone:again');
    const opened = openAll(loot(oldDatabase, scene.stealDatabase('newest.sqlite')));
    expect(namesOf(opened)).toEqual(['a:file', 'a:row', 'gone:row']);
    await server.close();
    scene.putBack('key_ring', scene.rows('SELECT * FROM key_ring', 'old.sqlite'));
    await failure('MASTER_KEY_MISMATCH', () => scene.open(newKey).open());
  });
});

describe('proofs that a thief of the old master key makes', () => {
  test('are good for nothing by the master key alone', async () => {
    const { backend, scene } = await crime(false);
    for (const key of [oldKey, newKey]) {
      const proof = forge(firstProofKey(key), 'a:row', scene.clock.now);
      expect(await stateFor(backend, 'a:row', proof)).toBe(5);
    }
  });

  test('with the proof key of his copy are good for two windows after a routine exchange, and then no more', async () => {
    const { backend, scene, oldDatabase, loot } = await crime(false);
    const [proofKey] = openAll(loot(oldDatabase)).proofKeys as [Buffer];
    expect(await stateFor(backend, 'a:row', forge(proofKey, 'a:row', scene.clock.now))).toBe(1);
    scene.clock.now += 39_999;
    expect(await stateFor(backend, 'a:row', forge(proofKey, 'a:row', scene.clock.now))).toBe(1);
    scene.clock.now += 1;
    for (const ahead of [-20_000, 0, 5_000]) {
      expect(await stateFor(backend, 'a:row', forge(proofKey, 'a:row', scene.clock.now + ahead))).toBe(5);
    }
  });

  test('with the proof key of his copy, and proofs that were handed out, are refused at once after a leak was told', async () => {
    const scene = await crimeScene();
    const backend = scene.open([newKey, oldKey]);
    await scene.save(backend, 'a:row');
    const loot = { masterKey: newKey, databases: [scene.stealDatabase('old.sqlite')], blobs: [] };
    const [proofKey] = openAll(loot).proofKeys as [Buffer];
    const handedOut = backend.getImageRecord('a:row')?.statelessProof as string;
    for (const proof of [handedOut, forge(proofKey, 'a:row', scene.clock.now)]) {
      expect(await stateFor(backend, 'a:row', proof)).toBe(1);
    }
    await rotate(backend, true);
    for (const proof of [handedOut, forge(proofKey, 'a:row', scene.clock.now)]) {
      expect(await stateFor(backend, 'a:row', proof)).toBe(5);
    }
  });
});
