import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quickFolder } from '../fault/support/quick-folder.js';
import { smallDisk } from '../fault/support/small-disk.js';
import { photo } from '../support/photos.js';
import { root } from '../unit/docs/markdown.js';
import { killAndRunAgain } from './support/killed.js';
import { jsonLines, runCli } from './support/run-cli.js';
import { folderWithStore, withStore } from './support/store.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];

/** A folder with a folder of photos in it. */
async function folderWithPhotos(count: number): Promise<string> {
  const cwd = await quickFolder();
  mkdirSync(join(cwd, 'photos/cats'), { recursive: true });
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(cwd, `photos/cats/${String(index).padStart(3, '0')}.png`), cat);
  }
  return cwd;
}

const saidLater = (time: number) => new RegExp(`"done":${20 + 30 * time}[,}]`);

describe('killed again and again', () => {
  test.for(['paths', 'random'])('an import with ids from %s loses nothing and does nothing twice', async (ids) => {
    const cwd = await folderWithPhotos(150);
    const words = ['import', 'photos', '--ids', ids, '--json'];
    const { code, kills, stdout } = await killAndRunAgain(words, { cwd }, saidLater);
    expect(kills).toBeGreaterThan(2);
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ skipped: 0, failed: 0 });
    await withStore(cwd, async (backend) => {
      expect((await backend.stats()).images).toBe(150);
      for await (const { id } of backend.listImages()) {
        expect(Buffer.from((await backend.readImage(id))?.bytes ?? []).equals(cat)).toBe(true);
      }
      await backend.store.sweep({ all: true });
      expect(await backend.store.check()).toEqual([]);
    });
  });

  test('an export has every image once', async () => {
    const cwd = await folderWithPhotos(150);
    expect((await runCli(['import', 'photos'], { cwd })).code).toBe(0);
    const words = ['export', 'out', '--json'];
    // It goes on behind what is done: it says the same number each time, until there are no more so many.
    const { code, kills } = await killAndRunAgain(words, { cwd }, () => /"done":30[,}]/);
    expect(kills).toBeGreaterThan(1);
    expect(code).toBe(0);
    const lines = readFileSync(join(cwd, 'out/manifest.jsonl'), 'utf8').trim().split('\n').slice(1);
    const files = lines.map((line) => JSON.parse(line));
    expect(new Set(files.map(({ id }) => id)).size).toBe(150);
    expect(files).toHaveLength(150);
    for (const { file } of files) expect(readFileSync(join(cwd, 'out', file)).equals(cat)).toBe(true);
  });
});

test('what was deleted is not imported again', async () => {
  const cwd = await folderWithPhotos(3);
  await runCli(['import', 'photos'], { cwd });
  await withStore(cwd, (backend) => backend.deleteImage('cats:001-png'));
  const { stdout, code } = await runCli(['import', 'photos'], { cwd });
  expect(stdout).toMatch(
    /^cats\/001\.png\tskipped\tIMAGE_NOT_FOUND\t.*\n3 files: 0 imported, 2 present, 1 skipped, 0 failed\n$/,
  );
  expect(code).toBe(0);
});

test('a bucket is imported by a module that exports it, or that lists files', async () => {
  const cwd = await quickFolder();
  const sdk = (name: string) => JSON.stringify(join(root, `node_modules/files-sdk/dist/${name}`));
  mkdirSync(join(cwd, 'bucket/2024'), { recursive: true });
  writeFileSync(join(cwd, 'bucket/2024/rocket.jpg'), rocket);
  writeFileSync(join(cwd, 'bucket/cat.png'), cat);
  writeFileSync(
    join(cwd, 'bucket.mjs'),
    `import { Files } from ${sdk('index.js')}; import { fs } from ${sdk('fs/index.js')};
     export default new Files({ adapter: fs({ root: 'bucket' }) });`,
  );
  writeFileSync(
    join(cwd, 'list.mjs'),
    `export default async () => [{ name: 'a.png', read: async () => new Uint8Array(3) }];`,
  );
  const part = await runCli(['import', '--from', 'bucket.mjs', '--prefix', '2024/'], { cwd });
  expect(part).toMatchObject({ code: 0, stdout: '1 file: 1 imported, 0 present, 0 skipped, 0 failed\n' });
  const all = await runCli(['import', '--from', 'bucket.mjs'], { cwd });
  expect(all.stdout).toBe('2 files: 1 imported, 1 present, 0 skipped, 0 failed\n');
  await withStore(cwd, async (backend) => {
    expect(Buffer.from((await backend.readImage('2024:rocket-jpg'))?.bytes ?? []).equals(rocket)).toBe(true);
  });
  expect((await runCli(['import', '--from', 'list.mjs'], { cwd })).stdout).toContain('1 skipped');
  for (const words of [
    ['import'],
    ['import', 'bucket', '--from', 'list.mjs'],
    ['import', '--from', 'none.mjs'],
    ['import', '--from', 'list.mjs', '--prefix', 'a'],
  ]) {
    expect((await runCli(words, { cwd })).code, words.join(' ')).toBe(2);
  }
});

test('a full disk ends an export with 4, a folder with something else too, and the store is whole', async ({
  skip,
}) => {
  const cwd = await folderWithStore();
  expect(await runCli(['export', '.'], { cwd })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('(EXPORT_FAILED)'),
  });
  const disk = await smallDisk(256 * 1024);
  if (!disk.real) return skip('a small disk cannot be mounted here');
  const out = join(disk.folder, 'out');
  expect(await runCli(['export', out], { cwd })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('(STORAGE_FULL)'),
  });
  expect((await runCli(['info'], { cwd })).stdout).toContain('3 images');
});
