import { expect, test, vi } from 'vitest';
import { createUploadHandler, type NodeRequest, type UploadOptions } from '../../../src/backend/index.js';
import {
  PixstoreError,
  type UploadImageOptions,
  type UploadProgress,
  uploadImage,
} from '../../../src/frontend/index.js';
import { openBackend } from '../../support/backend.js';
import { ownOptions } from '../../support/options.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';

// Node and service workers have no XMLHttpRequest; test/browser/frontend/uploading.test.ts sends by one.

const brick = photo('brick.webp');
const file = new File([brick], 'brick.webp', { type: 'image/webp' });

async function serve(settings: Partial<UploadOptions<NodeRequest>> = {}) {
  const backend = await openBackend(await ownOptions());
  const upload = createUploadHandler(backend, { authorize: () => true, dir: 'sent', ...settings });
  return { backend, url: (await listen(upload)).url };
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'saved',
    (error) => (error instanceof PixstoreError ? [error.code, error.status] : error),
  );

test('where there is no XMLHttpRequest, an image is sent by fetch, and progress is told once', async () => {
  const { backend, url } = await serve();
  const told: UploadProgress[] = [];
  const record = await uploadImage(file, { url: new URL(url), onProgress: (progress) => void told.push(progress) });
  expect(backend.getImageRecord(record.id)?.meta).toEqual(record.meta);
  expect(told).toEqual([{ loaded: brick.length, total: brick.length }]);
});

test('a refusal is that of the server, and no answer is one of its own', async () => {
  const { url } = await serve({ authorize: () => false });
  expect(await codeOf(uploadImage(file, { url }))).toEqual(['UPLOAD_FORBIDDEN', 403]);
  const cut = await listen((request) => request.destroy());
  expect(await codeOf(uploadImage(file, { url: cut.url }))).toEqual(['UPLOAD_UNANSWERED', 502]);
});

test('an aborted signal ends it, before it begins and midway', async () => {
  const asked = vi.fn();
  const { url } = await listen(asked);
  expect(await codeOf(uploadImage(file, { url, signal: AbortSignal.abort('left') }))).toBe('left');
  expect(asked).not.toHaveBeenCalled();
  const abort = new AbortController();
  asked.mockImplementation(() => abort.abort('left'));
  expect(await codeOf(uploadImage(file, { url, signal: abort.signal }))).toBe('left');
});

test.each<[name: string, options: unknown]>([
  ['url', {}],
  ['url', { url: '' }],
  ['url', { url: 'no scheme, and no page' }],
  ['headers', { url: 'http://localhost', headers: { authorization: undefined } }],
  ['headers', { url: 'http://localhost', headers: { authorization: 'two\nlines' } }],
  ['credentials', { url: 'http://localhost', credentials: 'omit' }],
  ['signal', { url: 'http://localhost', signal: new AbortController() }],
  ['onProgress', { url: 'http://localhost', onProgress: 1 }],
  ['onprogress', { url: 'http://localhost', onprogress() {} }],
  ['uploadImage', undefined],
])('a wrong "%s" is told: %o', async (name, options) => {
  await expect(uploadImage(file, options as UploadImageOptions)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(name),
  });
});

test.each([[brick], ['brick.webp'], [undefined], [[file]]])('what is no file is told', async (given) => {
  const sent = uploadImage(given as unknown as File, { url: 'http://localhost' });
  await expect(sent).rejects.toMatchObject({ code: 'IMAGE_INPUT_INVALID', status: 400 });
});
