import fs, { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fileBlobs } from '../../../../src/stores/folder/file-blobs.js';
import { temporaryFolder } from '../../../support/folders.js';

const bytes = Uint8Array.of(1, 2, 3);

/** The folder, blobs in it, and one that was written. */
async function open() {
  const outside = await temporaryFolder();
  const folder = join(outside, 'blobs');
  const blobs = fileBlobs(folder);
  await blobs.write('a/b/c', bytes);
  return { outside, folder, blobs };
}

async function namesOf(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

test.each(['a', 'a/b'])('a link in the place of the folder %s is not followed', async (link) => {
  const { outside, folder, blobs } = await open();
  const elsewhere = join(outside, 'elsewhere');
  await rename(join(folder, link), elsewhere);
  await symlink(elsewhere, join(folder, link));
  await expect(blobs.read('a/b/c', 3)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await expect(blobs.open('a/b/c')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await expect(blobs.size('a/b/c')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await expect(blobs.remove('a/b/c')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await expect(blobs.write('a/b/d', bytes)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(await namesOf(blobs.list(''))).toEqual([]);
  await expect(namesOf(blobs.list('a/b/'))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

test('a link in the place of a blob is not followed', async () => {
  const { outside, folder, blobs } = await open();
  await writeFile(join(outside, 'secret'), bytes);
  await rm(join(folder, 'a/b/c'));
  await symlink(join(outside, 'secret'), join(folder, 'a/b/c'));
  await expect(blobs.read('a/b/c', 3)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  await expect(blobs.open('a/b/c')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(await blobs.size('a/b/c')).toBe(null);
  expect(await namesOf(blobs.list(''))).toEqual([]);
  await blobs.remove('a/b/c');
  expect(await readFile(join(outside, 'secret'))).toEqual(Buffer.from(bytes));
});

test('a folder that has gone is not taken for an empty one, and nothing is made in its place', async () => {
  const { outside, folder, blobs } = await open();
  const mounted = join(outside, 'mounted');
  await rename(folder, mounted);
  const gone = { code: 'IMAGE_DIR_MISSING' };
  const look = async () => {
    await expect(blobs.write('a/b/d', bytes)).rejects.toMatchObject(gone);
    await expect(blobs.read('a/b/c', 3)).rejects.toMatchObject(gone);
    await expect(blobs.open('a/b/c')).rejects.toMatchObject(gone);
    await expect(blobs.size('a/b/c')).rejects.toMatchObject(gone);
    await expect(blobs.remove('a/b/c')).rejects.toMatchObject(gone);
    await expect(namesOf(blobs.list(''))).rejects.toMatchObject(gone);
  };
  await look();
  expect(await readdir(outside)).toEqual(['mounted']);
  await mkdir(folder); // where a disk is mounted, there is a folder
  await look();
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
  await rename(mounted, folder);
  expect(await blobs.read('a/b/c', 3)).toEqual(Buffer.from(bytes));
});

test('what a process that died has left half written goes a day later, and nothing else does', async () => {
  const { folder, blobs } = await open();
  const [old, young] = ['old', 'young'].map((name) => join(folder, '.unfinished', name)) as [string, string];
  await writeFile(old, bytes);
  await writeFile(young, bytes);
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  await utimes(old, yesterday, yesterday);
  await utimes(join(folder, 'a/b/c'), yesterday, yesterday);
  await fileBlobs(folder).write('d', bytes);
  expect(await readdir(join(folder, '.unfinished'))).toEqual(['young']);
  expect(await namesOf(blobs.list(''))).toEqual(['a/b/c', 'd']);
});

test('folders that hold nothing any more go, while others write there', async () => {
  const { folder, blobs } = await open();
  const others = [fileBlobs(folder), fileBlobs(folder)];
  for (let round = 0; round < 20; round += 1) {
    const names = others.map((_, index) => `a/x/${round}-${index}`);
    await Promise.all([
      ...others.map((other, index) => other.write(names[index] as string, bytes)),
      ...names.map(() => blobs.remove('a/x/none')),
    ]);
    for (const name of names) expect(await blobs.size(name)).toBe(3);
    await Promise.all(names.map((name) => blobs.remove(name)));
  }
  await blobs.remove('a/b/c');
  expect(await readdir(folder)).toEqual(['.pixstore-blobs', '.unfinished']);
});

test('a folder is not taken for durable before those above it are', async () => {
  const { folder, blobs } = await open();
  const opened: string[] = [];
  let isBroken = true;
  const { open: openFile } = fs;
  const spy = vi.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => {
    opened.push(String(path));
    const handle = await openFile(path, ...rest);
    if (path === join(folder, 'x') && isBroken) {
      isBroken = false;
      vi.spyOn(handle, 'sync').mockRejectedValue(Object.assign(new Error(), { code: 'EIO' }));
    }
    return handle;
  });
  onTestFinished(() => spy.mockRestore());
  await expect(blobs.write('x/y/a', bytes)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  for (const name of ['x/y/b', 'x/y/c']) {
    opened.length = 0;
    await blobs.write(name, bytes);
    const synced = ['x/y', 'x', ''].filter((path) => opened.includes(join(folder, path)));
    expect(synced).toEqual(name === 'x/y/b' ? ['x/y', 'x', ''] : ['x/y']);
  }
});

test('a list looks into no folder above the one that its names are in', async () => {
  const { folder, blobs } = await open();
  for (const name of ['a/x', 'a/b/d/e', 'b/c']) await blobs.write(name, bytes);
  const spy = vi.spyOn(fs, 'readdir');
  onTestFinished(() => spy.mockRestore());
  expect(await namesOf(blobs.list('a/b/'))).toEqual(['a/b/c', 'a/b/d/e']);
  expect(await namesOf(blobs.list('a/b/c'))).toEqual(['a/b/c']);
  expect(spy.mock.calls.map(([path]) => String(path))).toEqual([
    join(folder, 'a/b/'),
    join(folder, 'a/b/d/'),
    join(folder, 'a/b/'),
  ]);
  for (const none of ['none/', 'a/none/', 'a/x/']) expect(await namesOf(blobs.list(none))).toEqual([]);
});

test('a full disk is told from one that refuses', async () => {
  const { folder, blobs } = await open();
  await writeFile(join(folder, 'file'), bytes);
  await expect(blobs.write('file/a', bytes)).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.not.stringContaining(folder),
  });
});

test('a path that is none is refused', () => {
  expect(() => fileBlobs('')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(() => fileBlobs(undefined as unknown as string)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
