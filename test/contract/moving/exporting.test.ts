import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Files } from 'files-sdk';
import { memory } from 'files-sdk/memory';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import type { ExportedImage, ExportOptions } from '../../../src/backend/index.js';
import { openBackend, quietLogger } from '../../support/backend.js';
import { filesIn } from '../../support/blobs.js';
import { importBlocks } from '../../support/code-blocks.js';
import { failure } from '../../support/errors.js';
import { temporaryFolder } from '../../support/folders.js';
import { photo } from '../../support/photos.js';
import { resizing } from '../../support/resizing.js';

const [cat, rocket] = ['cat.png', 'rocket.jpg'].map(photo) as [Buffer, Buffer];

async function exported(backend: PixstoreBackend, folder: string, options?: ExportOptions): Promise<ExportedImage[]> {
  const all: ExportedImage[] = [];
  for await (const image of backend.exportImages(folder, options)) all.push(image);
  return all;
}

const manifestOf = (folder: string) =>
  readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const target = async () => join(await temporaryFolder(), 'export');

describe('an export', () => {
  test('is files as they were saved, and a manifest of what they are', async () => {
    const backend = await openBackend({ stripMetadata: false });
    const first = await backend.saveImage(cat, { dir: 'cats', id: 'tom' });
    const second = await backend.saveImage(rocket, { id: 'rocket' });
    const folder = await target();
    expect(await exported(backend, folder)).toEqual([
      { id: 'cats:tom', outcome: 'exported', file: 'cats/tom.png', done: 1 },
      { id: 'rocket', outcome: 'exported', file: 'rocket.jpg', done: 2 },
    ]);
    expect(readFileSync(join(folder, 'cats/tom.png')).equals(cat)).toBe(true);
    expect(readFileSync(join(folder, 'rocket.jpg')).equals(rocket)).toBe(true);
    const size = { width: first?.width, height: first?.height };
    expect(manifestOf(folder)).toEqual([
      { pixstore: 'export', version: 1, dir: null, variants: false },
      {
        ...{ id: 'cats:tom', token: first?.token, file: 'cats/tom.png', format: 'png', ...size },
        ...{ bytes: cat.length, sha256: sha256(cat), variants: [] },
      },
      expect.objectContaining({ id: 'rocket', token: second?.token, format: 'jpg', sha256: sha256(rocket) }),
    ]);
  });

  test('is readable for its owner alone, and says that it is in the clear', async () => {
    const logger = quietLogger();
    const backend = await openBackend({ logger });
    await backend.saveImage(cat, { dir: 'cats', id: 'tom' });
    const folder = await target();
    await exported(backend, folder);
    for (const name of ['', 'cats']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o700);
    for (const name of ['cats/tom.png', 'manifest.jsonl'])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(logger.lines.join()).toContain('exported pictures are files in the clear');
  });

  test('has variants where that is asked for', async () => {
    const backend = await openBackend({ processing: resizing({ widths: { thumb: 40 } }) });
    await backend.saveImage(cat, { dir: 'cats', id: 'tom' });
    const folder = await target();
    await exported(backend, folder, { variants: true });
    const [, line] = manifestOf(folder);
    expect(line.variants).toMatchObject([
      { name: 'thumb', width: 40, file: expect.stringMatching(/^cats\/tom\.thumb\./) },
    ]);
    const variant = readFileSync(join(folder, line.variants[0].file));
    expect(sha256(variant)).toBe(line.variants[0].sha256);
    expect(variant.equals(Buffer.from((await backend.readImage('cats:tom', { variant: 'thumb' }))?.bytes ?? []))).toBe(
      true,
    );
  });

  test('is of one folder, if one is named', async () => {
    const backend = await openBackend();
    await backend.saveImage(cat, { dir: 'cats', id: 'tom' });
    await backend.saveImage(cat, { dir: 'dogs', id: 'rex' });
    const folder = await target();
    expect((await exported(backend, folder, { dir: 'dogs' })).map(({ id }) => id)).toEqual(['dogs:rex']);
    await failure('IMAGE_DIR_INVALID', () => exported(backend, folder, { dir: '../up' }));
    await failure('CONFIG_INVALID', () => exported(backend, folder, { dir: undefined } as never));
  });

  test('gives each image a file of its own where capitals are not told from small letters', async () => {
    const backend = await openBackend();
    const ids = ['tom', 'Tom', 'TOM', 'con', 'x'.repeat(128), `${'x'.repeat(127)}y`];
    for (const id of ids) await backend.saveImage(cat, { dir: 'cats', id });
    const folder = await target();
    const files = (await exported(backend, folder)).map(({ file }) => String(file));
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(ids.length);
    expect(files).toContain('cats/tom.png');
    expect(files).not.toContain('cats/con.png');
    for (const file of files) expect(file.length).toBeLessThan(130);
  });
});

describe('begun anew', () => {
  test('it goes on behind the last image of the manifest, also where a crash cut that off', async () => {
    const backend = await openBackend();
    for (const id of ['a', 'b', 'c']) await backend.saveImage(cat, { id });
    const folder = await target();
    await exported(backend, folder);
    const path = join(folder, 'manifest.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, 3).join('\n')}\n${lines[3]?.slice(0, 30)}`);
    rmSync(join(folder, 'c.png'));
    writeFileSync(join(folder, '.partial-7'), 'half');
    expect((await exported(backend, folder)).map(({ id }) => id)).toEqual(['c']);
    expect(readFileSync(path, 'utf8')).toBe(lines.join('\n'));
    expect(readdirSync(folder).sort()).toEqual(['a.png', 'b.png', 'c.png', 'manifest.jsonl']);
    expect(await exported(backend, folder)).toEqual([]);
  });

  test('it goes on where its signal ended it', async () => {
    const backend = await openBackend();
    for (let index = 0; index < 20; index += 1) await backend.saveImage(cat, { id: `image-${index}` });
    const folder = await target();
    const ending = new AbortController();
    const first: string[] = [];
    const walk = async () => {
      for await (const { id } of backend.exportImages(folder, { signal: ending.signal })) {
        first.push(id);
        ending.abort(new Error('enough'));
      }
    };
    await expect(walk()).rejects.toThrow('enough');
    const rest = (await exported(backend, folder)).map(({ id }) => id);
    expect(new Set([...first, ...rest]).size).toBe(20);
    expect(first.length + rest.length).toBe(20);
  });

  test('a folder with something else, or an export with other options, is left as it is', async () => {
    const backend = await openBackend();
    await backend.saveImage(cat, { id: 'a' });
    const other = await temporaryFolder();
    writeFileSync(join(other, 'letter.txt'), 'dear');
    await failure('EXPORT_FAILED', () => exported(backend, other));
    expect(readdirSync(other)).toEqual(['letter.txt']);
    const folder = await target();
    await exported(backend, folder);
    await failure('EXPORT_FAILED', () => exported(backend, folder, { variants: true }));
    await failure('EXPORT_FAILED', () => exported(backend, join(other, 'letter.txt')));
    const foreign = await temporaryFolder();
    for (const content of ['{"name":"mine"}', '{"name":"mine"}\n', 'mine']) {
      writeFileSync(join(foreign, 'manifest.jsonl'), content);
      await failure('EXPORT_FAILED', () => exported(backend, foreign));
      expect(readFileSync(join(foreign, 'manifest.jsonl'), 'utf8')).toBe(content);
    }
    await failure('CONFIG_INVALID', () => exported(backend, ' '));
  });
});

test('an image that does not open is named, and ends nothing', async () => {
  const backend = await openBackend();
  await backend.saveImage(cat, { id: 'a' }); // large enough for a file
  await backend.saveImage(rocket, { id: 'b' });
  const [blob] = filesIn(join(backend.folder, 'images'));
  const bytes = readFileSync(String(blob));
  writeFileSync(String(blob), bytes.fill(0, 10, 20));
  const folder = await target();
  const told = await exported(backend, folder);
  expect(told.map(({ id, outcome, error }) => [id, outcome, error?.code])).toEqual([
    ['a', 'failed', 'CIPHERTEXT_MISSING'],
    ['b', 'exported', undefined],
  ]);
  expect(manifestOf(folder)[1]).toEqual({ id: 'a', error: 'CIPHERTEXT_MISSING' });
  expect(existsSync(join(folder, 'a.png'))).toBe(false);
});

test('an image that failed is tried again until it is there, or gone, and has the place of its id', async () => {
  const backend = await openBackend();
  for (const id of ['a', 'c', 'e']) await backend.saveImage(cat, { id }); // large enough for files
  for (const id of ['b', 'd']) await backend.saveImage(rocket, { id });
  const blobs = filesIn(join(backend.folder, 'images')).map((path) => ({ path, bytes: readFileSync(path) }));
  for (const { path, bytes } of blobs) writeFileSync(path, Buffer.from(bytes).fill(0, 10, 20));
  const folder = await target();
  const outcomes = async () => (await exported(backend, folder)).map(({ id, outcome }) => `${id} ${outcome}`);
  expect(await outcomes()).toEqual(['a failed', 'b exported', 'c failed', 'd exported', 'e failed']);
  expect(await outcomes()).toEqual(['a failed', 'c failed', 'e failed']);
  await backend.deleteImage('c');
  for (const { path, bytes } of blobs) if (existsSync(path)) writeFileSync(path, bytes);
  await backend.saveImage(rocket, { id: 'f' });
  expect(await outcomes()).toEqual(['a exported', 'e exported', 'f exported']);
  expect(manifestOf(folder).map(({ id, file }) => [id, file])).toEqual([
    [undefined, undefined],
    ...['a', 'b', 'd', 'e', 'f'].map((id) => [id, expect.stringContaining(`${id}.`)]),
  ]);
  expect(readFileSync(join(folder, 'a.png')).equals(readFileSync(join(folder, 'e.png')))).toBe(true);
  expect(await outcomes()).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a file that cannot be written ends it, and the store is whole', async () => {
  const backend = await openBackend();
  await backend.saveImage(cat, { dir: 'cats', id: 'tom' });
  const folder = await target();
  mkdirSync(folder);
  await exported(backend, folder, { dir: 'cats' });
  rmSync(join(folder, 'manifest.jsonl'));
  rmSync(join(folder, 'cats'), { recursive: true });
  const walk = backend.exportImages(folder, { dir: 'cats' })[Symbol.asyncIterator]();
  mkdirSync(join(folder, 'manifest.jsonl')); // where the manifest is to be
  await failure('EXPORT_FAILED', () => walk.next());
  expect(await backend.store.check()).toEqual([]);
});

test('docs/moving.md shows an export that says what failed, and an import of it and of a bucket', async () => {
  const { exportAll, importAll, bucketOf } = await importBlocks<{
    exportAll(backend: PixstoreBackend, folder: string): Promise<string[]>;
    importAll(backend: PixstoreBackend, from: unknown): Promise<Map<string, string>>;
    bucketOf(files: Files, prefix: string): AsyncIterable<unknown>;
  }>('docs/moving.md', '');
  const backend = await openBackend();
  await backend.saveImage(cat, { dir: 'cats', id: 'tom' });
  const folder = await target();
  expect(await exportAll(backend, folder)).toEqual([]);
  const files = new Files({ adapter: memory() });
  await files.upload('photos/rocket.jpg', rocket);
  const before = process.cwd();
  process.chdir(await temporaryFolder()); // the journal is made there
  try {
    expect([...(await importAll(await openBackend(), folder))]).toEqual([['cats:tom', 'cats:tom']]);
    const other = await openBackend();
    expect([...(await importAll(other, bucketOf(files, 'photos/')))]).toEqual([
      ['photos/rocket.jpg', 'photos:rocket-jpg'],
    ]);
    expect(Buffer.from((await other.readImage('photos:rocket-jpg'))?.bytes ?? []).equals(rocket)).toBe(true);
  } finally {
    process.chdir(before);
  }
});

test('an image with the id "undefined" is one like others when it is tried again', async () => {
  const backend = await openBackend();
  await backend.saveImage(rocket, { id: 'a' });
  await backend.saveImage(cat, { id: 'undefined' }); // large enough for a file
  const [path = ''] = filesIn(join(backend.folder, 'images'));
  const bytes = readFileSync(path);
  writeFileSync(path, Buffer.from(bytes).fill(0, 10, 20));
  const folder = await target();
  expect((await exported(backend, folder)).map(({ outcome }) => outcome)).toEqual(['exported', 'failed']);
  const [head] = manifestOf(folder);
  writeFileSync(path, bytes);
  expect((await exported(backend, folder)).map(({ outcome }) => outcome)).toEqual(['exported']);
  expect(manifestOf(folder)).toEqual([
    head,
    expect.objectContaining({ id: 'a' }),
    expect.objectContaining({ id: 'undefined', format: 'png' }),
  ]);
  expect(await exported(backend, folder)).toEqual([]);
});
