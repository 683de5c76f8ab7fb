import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type BlobStore,
  createMemoryBlobs,
  createMemoryStore,
  fileBlobs,
  type ImageStore,
  listBackups,
  PixstoreError,
  pruneBackups,
} from '../../../src/backend/index.js';
import { quickFolder } from '../../fault/support/quick-folder.js';
import { failure } from '../../support/errors.js';
import { smallPicture } from '../../support/small-picture.js';
import { backendOn, contentsOf, last } from './places.js';

// Of two names with the same number the one that has drawn the greater bytes comes later.
const drawing = (byte: number) => ({
  randomBytes: (length: number) => (length === 4 ? new Uint8Array(4).fill(byte) : randomBytes(length)),
});

/** A store with a folder `cats`, and a place with a backup of it. */
async function backedUp() {
  const store = createMemoryStore();
  const backend = backendOn(store, drawing(0x7f));
  await backend.saveImage(smallPicture(), { dir: 'cats', id: 'tom' });
  const place = createMemoryBlobs();
  await last(backend.backUpTo(place));
  return { store, backend, place };
}

/** The same store; `work` is done once, when somebody has just read the keys of its folders. */
function withKeysRead(store: ImageStore, work: () => Promise<void>): ImageStore {
  let isDone = false;
  return {
    ...store,
    async *folderKeys() {
      yield* store.folderKeys();
      if (isDone) return;
      isDone = true;
      await work();
    },
  };
}

/** The same place; `work` is done once, when somebody has just listed that. */
function withListed(place: BlobStore, prefix: string, work: () => Promise<unknown>): BlobStore {
  let isDone = false;
  return {
    ...place,
    async *list(asked, after) {
      yield* place.list(asked, after);
      if (isDone || asked !== prefix) return;
      isDone = true;
      await work();
    },
  };
}

async function idsIn(place: BlobStore): Promise<string[]> {
  const restored = backendOn(createMemoryStore());
  await last(restored.restoreFrom(place));
  return Object.keys(await contentsOf(restored));
}

async function namesIn(place: BlobStore, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const name of place.list(prefix)) names.push(name);
  return names;
}

// Whichever draws the greater bytes.
describe.each([0x00, 0xff])('keys that one run read before another one, and writes after it (%i)', (byte) => {
  test('do not lose the first key of a folder that only the other one has', async () => {
    const { store, backend, place } = await backedUp();
    const slow = withKeysRead(store, async () => {
      await backend.saveImage(smallPicture(), { dir: 'dogs', id: 'rex' });
      expect(await last(backend.backUpTo(place))).toMatchObject({ step: 'done', problems: [] });
    });
    await last(backendOn(slow, drawing(byte)).backUpTo(place, { only: 'keys' }));
    expect(await idsIn(place)).toEqual(['cats:tom', 'dogs:rex']);
    expect(await namesIn(place, 'keys/')).toHaveLength(1);
    expect(await namesIn(place, 'claims/')).toEqual([]);
  });

  test('do not bring back a folder that was erased meanwhile, also when it fails then', async () => {
    const { store, backend, place } = await backedUp();
    await backend.saveImage(smallPicture(), { dir: 'dogs', id: 'rex' });
    await last(backend.backUpTo(place));
    let isAway = false;
    const slow = withKeysRead(store, async () => {
      await backend.deleteImages('cats');
      await last(backend.backUpTo(place, { only: 'keys' }));
      isAway = true;
    });
    const failing: ImageStore = {
      ...slow,
      folderKeys() {
        if (isAway) throw new PixstoreError('STORAGE_FAILED', 'The database is away.');
        return slow.folderKeys();
      },
    };
    const run = last(backendOn(failing, drawing(byte)).backUpTo(place, { only: 'keys' }));
    await run.catch(() => {});
    expect(await idsIn(place)).toEqual(['dogs:rex']);
    expect(await namesIn(place, 'keys/')).toHaveLength(1);
  });

  test('do not stay when it dies before it can tidy up', async () => {
    const { store, backend, place } = await backedUp();
    await backend.saveImage(smallPicture(), { dir: 'dogs', id: 'rex' });
    await last(backend.backUpTo(place));
    const slow = withKeysRead(store, async () => {
      await backend.deleteImages('cats');
      await last(backend.backUpTo(place, { only: 'keys' }));
    });
    const dying: BlobStore = {
      ...place,
      async write(name, bytes) {
        await place.write(name, bytes);
        if (name.startsWith('keys/')) throw new Error('the process is gone');
      },
    };
    await failure('BACKUP_FAILED', () => last(backendOn(slow, drawing(byte)).backUpTo(dying, { only: 'keys' })));
    expect(await idsIn(place)).toEqual(['dogs:rex']);
    await last(backend.backUpTo(place, { only: 'keys' }));
    expect(await namesIn(place, 'keys/')).toHaveLength(1);
    expect(await namesIn(place, 'claims/')).toEqual([]);
  });
});

test.each([0x00, 0xff])(
  'keys that are read last stay, also where another run has chosen the same number (%i)',
  async (byte) => {
    const { store, backend, place } = await backedUp();
    let isChosen = false;
    const hooked: BlobStore = {
      ...place,
      async write(name, bytes) {
        if (!isChosen) {
          isChosen = true;
          await last(backend.backUpTo(place, { only: 'keys' }));
          await backend.saveImage(smallPicture(), { dir: 'dogs', id: 'rex' });
        }
        await place.write(name, bytes);
      },
    };
    await last(backendOn(store, drawing(byte)).backUpTo(hooked, { only: 'keys' }));
    const [keys] = await namesIn(place, 'keys/');
    const text = Buffer.from((await place.read(String(keys), (await place.size(String(keys))) ?? 0)) ?? []).toString();
    expect(JSON.parse(text).folderKeys.map(([folder]: string[]) => folder)).toEqual(['cats', 'dogs']);
  },
);

test('keys that are replaced while they are read are read anew', async () => {
  const { store, backend, place } = await backedUp();
  const replaced = withListed(place, 'keys/', () => last(backend.backUpTo(place, { only: 'keys' })));
  const verifier = backendOn(store);
  expect(await last(verifier.verifyBackup(replaced))).toMatchObject({ sound: 1, damaged: [] });
});

test('keys that are not read back as they were written do not take the place of those of before', async () => {
  const { backend, place } = await backedUp();
  const before = await namesIn(place, 'keys/');
  const forgetful: BlobStore = {
    ...place,
    write: (name, bytes) => place.write(name, name.startsWith('keys/') ? bytes.slice(1) : bytes),
  };
  await failure('BACKUP_DAMAGED', () => last(backend.backUpTo(forgetful, { only: 'keys' })));
  expect(await namesIn(place, 'keys/')).toEqual(expect.arrayContaining(before));
});

test('what a run leaves that failed is no hindrance, and goes with the next', async () => {
  const { backend } = await backedUp();
  const folder = await quickFolder();
  await last(backend.backUpTo(folder));
  const blobs = fileBlobs(folder);
  const failing: BlobStore = {
    ...blobs,
    write: (name, bytes) => (name.startsWith('keys/') ? Promise.reject(new Error('full')) : blobs.write(name, bytes)),
  };
  await failure('BACKUP_FAILED', () => last(backend.backUpTo(failing, { only: 'keys' })));
  expect(readdirSync(folder)).toContain('claims');
  expect(await listBackups(folder)).toHaveLength(1);
  expect(await pruneBackups(folder, { keep: 1 })).toEqual({ removed: [], pieces: 0 });
  expect(await last(backend.verifyBackup(folder))).toMatchObject({ sound: 1 });
  await last(backend.backUpTo(folder));
  expect(readdirSync(folder)).not.toContain('claims');
  expect(await namesIn(blobs, 'keys/')).toHaveLength(1);
});
