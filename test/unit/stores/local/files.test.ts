import { appendFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import { assertStored, readPart, versionOf } from '../../../../src/testing/versions.js';
import { filesIn } from '../../../support/blobs.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';

async function openHere(options: Partial<Parameters<typeof openLocalStore>[0]> = {}) {
  const folder = await temporaryFolder();
  const images = join(folder, 'images');
  const store = openLocalStore({
    databasePath: join(folder, 'db.sqlite'),
    imageRootDir: images,
    writer: 'inline',
    ...options,
  });
  const files = () => filesIn(images);
  return { store, images, files };
}

/** A store that notes what it calls to read a file. The disk complains about every closing, and closes. */
async function openWatched() {
  const calls: string[] = [];
  const disk = { givesAtMost: Number.POSITIVE_INFINITY };
  const watch = (handle: FileHandle) => ({
    read(buffer: Buffer, offset: number, length: number, position: number) {
      calls.push('read');
      return handle.read(buffer, offset, Math.min(length, disk.givesAtMost), position);
    },
    async close() {
      calls.push('close');
      await handle.close();
      throw new Error('EIO');
    },
  });
  const open = async (...args: Parameters<typeof fs.open>) => {
    const handle = await fs.open(...args);
    if (args[1] === 'wx' || !statSync(args[0]).isFile()) return handle;
    calls.push('open');
    return watch(handle) as unknown as FileHandle;
  };
  return { ...(await openHere({ inlineUpTo: 0, fileSystem: { ...fs, open } })), calls, disk };
}

describe('files of a local store', () => {
  test('only ciphertexts above the limit get one, under a name that tells nothing, for their owner only', async () => {
    const { store, files, images } = await openHere({ inlineUpTo: 1_000 });
    await store.put(versionOf('secret-id', 1000, 1_000), null);
    expect(files()).toEqual([]);
    await store.put(versionOf('secret-id', 1001, 1_001), 1000);
    const [file] = files();
    expect(file?.slice(images.length + 1)).toMatch(/^[0-9a-f]{32}\/[0-9a-f]{16}\/[0-9a-f]{32}$/);
    expect(statSync(file as string).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test('there is one file per version that lives, none of those that were replaced or removed', async () => {
    const { store, files } = await openHere({ inlineUpTo: 0 });
    for (let token = 1000; token < 1010; token += 1) {
      await store.put(versionOf('one', token), token === 1000 ? null : token - 1);
      expect(files()).toHaveLength(1);
    }
    await store.remove('one');
    expect(files()).toEqual([]);
    await store.close();
  });

  test('a file that is gone or cut off is an error of its own, and check finds it', async () => {
    const { store, files } = await openHere({ inlineUpTo: 0 });
    await store.put(versionOf('one', 1000), null);
    const [file] = files();
    truncateSync(file as string, 10);
    const error = await failure('CIPHERTEXT_MISSING', () => readPart(store, 'one'));
    expect(error.message).not.toContain(file);
    expect(await store.check()).toEqual([{ kind: 'ciphertext-damaged', subject: 'one' }]);
    rmSync(file as string);
    await failure('CIPHERTEXT_MISSING', () => readPart(store, 'one'));
    expect(await store.check()).toEqual([{ kind: 'ciphertext-missing', subject: 'one' }]);
    await store.close();
  });

  test('a file with more in it than there should be is not taken for the image', async () => {
    const { store, files } = await openHere({ inlineUpTo: 0 });
    await store.put(versionOf('one', 1000), null);
    appendFileSync(files()[0] as string, 'x');
    await failure('CIPHERTEXT_MISSING', () => readPart(store, 'one'));
    await failure('CIPHERTEXT_MISSING', async () => store.open('one', undefined, { inMemoryUpTo: 10_000 }));
    expect(await store.check()).toEqual([{ kind: 'ciphertext-damaged', subject: 'one' }]);
    await store.close();
  });

  test('a file takes three calls, also one that is too short, and more when the disk gives less than it has', async () => {
    const { store, files, calls, disk } = await openWatched();
    await store.put(versionOf('one', 1000), null);
    assertStored(await readPart(store, 'one'), versionOf('one', 1000));
    expect(calls.splice(0)).toEqual(['open', 'read', 'close']);
    disk.givesAtMost = 2_000;
    assertStored(await readPart(store, 'one'), versionOf('one', 1000));
    expect(calls.splice(0)).toEqual(['open', 'read', 'read', 'read', 'close']);
    truncateSync(files()[0] as string, 1_000);
    await failure('CIPHERTEXT_MISSING', () => readPart(store, 'one'));
    expect(calls).toEqual(['open', 'read', 'read', 'close']);
    await store.close();
  });

  test('leftovers are found and swept once their writer has ended, and nothing else is', async () => {
    const clock = { now: 1_000_000 };
    const { store, files, images } = await openHere({ inlineUpTo: 0, sweepAge: 1_000, now: () => clock.now });
    await store.put(versionOf('one', 1000), null);
    const [kept] = files();
    const folder = join(kept as string, '..');
    writeFileSync(join(folder, `${'0'.repeat(32)}.tmp`), 'half a file');
    writeFileSync(join(folder, '1'.repeat(32)), 'a file whose row never came');
    writeFileSync(join(images, 'README'), 'not ours');
    clock.now += 1_999;
    expect(await store.check()).toEqual([]);
    expect(await store.sweep()).toBe(0);
    clock.now += 1;
    expect(await store.check()).toHaveLength(2);
    expect(await store.sweep()).toBe(2);
    expect(files().sort()).toEqual([kept, join(images, 'README')].sort());
    expect(await store.check()).toEqual([]);
    await store.close();
  });
});
