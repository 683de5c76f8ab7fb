// Bundlers put this package into several bundles of one application, and hot reload evaluates modules again: several
// copies of it run in one process. Here are three: the sources, and what a bundler made of them, evaluated twice.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as own from '../../src/backend/index.js';
import { PixstoreError as SharedError } from '../../src/shared/index.js';
import { masterKey, quietLogger } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { ownOptions } from '../support/options.js';
import { photo } from '../support/photos.js';

type Pixstore = typeof own;

/** A clock that stands still: two records of one image are the same. */
const now = () => 1_700_000_000_000;

let folder: string;
let page: Pixstore;
let route: Pixstore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  const outfile = join(folder, 'bundle.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/backend/index.ts')],
    ...{ outfile, bundle: true, minify: true, platform: 'node', format: 'esm', external: ['better-sqlite3'] },
  });
  const { href } = pathToFileURL(outfile);
  [page, route] = await Promise.all(['page', 'route'].map((copy) => import(/* @vite-ignore */ `${href}?${copy}`)));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function init(copy: Pixstore, config: own.BackendConfig = {}): own.PixstoreBackend {
  const backend = copy.initPixstoreBackend({
    ...{ store: own.createMemoryStore, masterKey, defaultEndpointEnabled: false, logger: quietLogger(), now },
    ...config,
  });
  onTestFinished(() => backend.close());
  return backend;
}

describe('copies of the module in one process', () => {
  test('are copies', () => {
    expect(page.saveImage).not.toBe(route.saveImage);
    expect(page.PixstoreError).not.toBe(own.PixstoreError);
  });

  test('work on one default backend, whichever made it', async () => {
    const backend = init(page);
    const record = await route.saveImage(photo('cat.png'), { id: 'cat' });
    expect(own.getImageRecord('cat')).toEqual(record);
    expect(backend.getImageRecord('cat')).toEqual(record);
    expect(init(route)).toBe(backend);
    expect(route.createFetchHandler(backend)).toBeInstanceOf(Function);
    await backend.close();
    await failure('BACKEND_NOT_INITIALIZED', () => own.imageExists('cat'));
  });

  test('know one last error, and one handler, also if it was set before there was a backend', async () => {
    const handled: unknown[] = [];
    route.setCustomErrorHandler((error) => handled.push(error));
    onTestFinished(() => route.setCustomErrorHandler(undefined));
    init(page, { errorHandlingMode: 'custom' });
    expect(await own.saveImage(new Uint8Array())).toBeNull();
    expect(handled).toHaveLength(1);
    for (const copy of [page, route, own]) expect(copy.getLastPixstoreError()).toBe(handled[0]);
  });

  test('take errors of each other for their own', async () => {
    init(page, { errorHandlingMode: 'throw' });
    const error = await route.saveImage(new Uint8Array()).catch((thrown: unknown) => thrown);
    for (const copy of [page, route, own]) expect(error).toBeInstanceOf(copy.PixstoreError);
    expect(error).toBeInstanceOf(SharedError);
  });

  test('give one backend with an endpoint, and listen once', async () => {
    const options = { ...(await ownOptions()), masterKey, store: own.createMemoryStore };
    const backend = page.initPixstoreBackend(options);
    onTestFinished(() => backend.close());
    expect(route.initPixstoreBackend({ ...options, logger: quietLogger() })).toBe(backend);
    await backend.ready;
    expect(backend.address()?.port).toBe(options.defaultEndpointListenPort);
  });
});

describe('what is an error of pixstore', () => {
  test('is told by a mark, and everything else is none', () => {
    for (const value of [
      undefined,
      null,
      'IMAGE_EMPTY',
      {},
      { code: 'IMAGE_EMPTY', name: 'PixstoreError' },
      new Error(),
    ]) {
      expect(value instanceof own.PixstoreError).toBe(false);
    }
  });

  test('does not show when it is printed', () => {
    expect(Object.getOwnPropertySymbols(new own.PixstoreError('IMAGE_EMPTY', 'Nothing.'))).toEqual([]);
  });

  test('is no error of a class that an application derives from it', () => {
    class UploadError extends own.PixstoreError {}
    const error = new own.PixstoreError('IMAGE_EMPTY', 'Nothing.');
    const upload = new UploadError('IMAGE_EMPTY', 'Nothing.');
    expect([error instanceof UploadError, upload instanceof UploadError]).toEqual([false, true]);
    expect(upload).toBeInstanceOf(page.PixstoreError);
  });
});
