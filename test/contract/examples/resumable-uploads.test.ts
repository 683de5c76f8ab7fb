import { once } from 'node:events';
import { access, readdir } from 'node:fs/promises';
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { type DetailedError, Upload } from 'tus-js-client';
import { expect, onTestFinished, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { importBlocks } from '../../support/code-blocks.js';
import { drawPng } from '../../support/drawn-images.js';
import { temporaryFolder } from '../../support/folders.js';
import { ownOptions } from '../../support/options.js';
import { withMorePixels } from '../../support/small-picture.js';
import { listen } from './support/listen.js';

interface Recipe {
  resumableUploads(
    backend: unknown,
    options: { path: string; folder: string; maxBytes: number; dirOf(request: IncomingMessage): string | undefined },
  ): {
    handle(request: IncomingMessage, response: ServerResponse): Promise<unknown>;
    sweep(milliseconds: number, now?: number): Promise<void>;
  };
  sendResumably(file: Uint8Array, endpoint: string, onProgress: () => void): Promise<ImageRecord>;
}

const { resumableUploads, sendResumably } = await importBlocks<Recipe>('docs/uploads.md', 'tus');

const mebibyte = 1024 * 1024;
const image = withMorePixels(drawPng(8, 8), Buffer.alloc(4 * mebibyte, 'plain'));

/** The application of docs/uploads.md, whose user is named by a header, or the only one that there is. */
async function startApp(onlyUser?: string) {
  const backend = await openBackend(await ownOptions());
  const folder = join(await temporaryFolder(), 'unfinished');
  const uploads = resumableUploads(backend, {
    path: '/api/uploads',
    folder,
    maxBytes: 8 * mebibyte,
    dirOf: ({ headers }) => headers['x-user']?.toString() ?? onlyUser,
  });
  const app = express();
  app.all(['/api/uploads', '/api/uploads/:id'], (request, response) => uploads.handle(request, response));
  // Whatever else Express may be told to hand over: what the handler lets through is tested, not what routes do.
  app.use((request, response) => uploads.handle(request, response));
  const { url } = await listen(app);
  await expect
    .poll(() =>
      access(folder).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true); // tus makes it in its own time
  return {
    backend,
    uploads,
    port: Number(new URL(url).port),
    endpoint: `${url}/api/uploads`,
    left: () => readdir(folder),
  };
}

/** A line to a server that is cut, once, after so many bytes of the client's, or of the server's answers to PATCH. */
async function cutLine(port: number, after: { sent?: number; answer?: RegExp }) {
  let isCut = false;
  let left = after.sent ?? Infinity;
  const server = createServer((client: Socket) => {
    const upstream = connect(port, '127.0.0.1');
    const cut = () => {
      isCut = true;
      client.destroy();
      upstream.end();
    };
    client.on('data', (bytes) => {
      upstream.write(bytes);
      left -= bytes.length;
      if (left <= 0 && !isCut) cut();
    });
    upstream.on('data', (bytes) => {
      if (!isCut && after.answer?.test(String(bytes))) return cut();
      return client.write(bytes);
    });
    client.on('error', () => {}).on('close', () => upstream.end());
    upstream.on('error', () => {}).on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port: own } = server.address() as { port: number };
  return { endpoint: `http://127.0.0.1:${own}/api/uploads`, isCut: () => isCut };
}

/** Sends a file as `sendResumably` does, with what a page has besides: headers, or the URL from before. */
function send(bytes: Buffer, options: ConstructorParameters<typeof Upload>[1]): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, { ...options, onError: reject, onSuccess: () => resolve(upload) });
    upload.start();
  });
}

async function idsOf(backend: PixstoreBackend): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of backend.listImages()) ids.push(id);
  return ids;
}

test('an upload whose line is cut midway goes on where it was, and nothing plain is left', async () => {
  const { backend, port, left } = await startApp('ann');
  const line = await cutLine(port, { sent: 2 * mebibyte });
  const record = await sendResumably(image, line.endpoint, () => {});
  expect(line.isCut()).toBe(true);
  const saved = await backend.readImage(record.id);
  expect(Buffer.from(saved?.bytes ?? []).equals(image)).toBe(true);
  expect(record.id).toMatch(/^ann:[0-9a-f]{32}$/);
  expect(await left()).toEqual([]);
});

test('when the answer to the last part is lost, the image is saved once, and its record comes', async () => {
  const { backend, port, left } = await startApp('ann');
  const line = await cutLine(port, { answer: /^HTTP\/1.1 204/ });
  const record = await sendResumably(image, line.endpoint, () => {});
  expect(line.isCut()).toBe(true);
  expect(await idsOf(backend)).toEqual([record.id]);
  expect(await left()).toEqual([]);
});

test('what is no image is refused with code and sentence, and nothing of it is left', async () => {
  const { endpoint, left } = await startApp('ann');
  for (const [bytes, code, status] of [
    [Buffer.from('no image at all'), 'IMAGE_NOT_RECOGNIZED', 415],
    [image.subarray(0, mebibyte), 'IMAGE_TRUNCATED', 422],
    [Buffer.alloc(0), 'IMAGE_EMPTY', 422],
  ] as const) {
    const failure: DetailedError = await sendResumably(bytes, endpoint, () => {}).then(
      () => expect.fail(`${code} was saved`),
      (error) => error,
    );
    expect(failure.originalResponse?.getStatus()).toBe(status);
    expect(JSON.parse(failure.originalResponse?.getBody() ?? '')).toMatchObject({ code });
    expect(await left()).toEqual([]);
  }
});

test('one that is too large is refused before any of it is sent', async () => {
  const { endpoint, left } = await startApp('ann');
  const failure = await sendResumably(Buffer.alloc(9 * mebibyte), endpoint, () => {}).catch((error) => error);
  expect(failure.originalResponse.getStatus()).toBe(413);
  expect(await left()).toEqual([]);
});

test('an abandoned upload can be resumed by its URL until it is swept', async () => {
  const { uploads, backend, endpoint, left } = await startApp('ann');
  const abandon = () =>
    new Promise<string>((resolve) => {
      const upload = new Upload(image, {
        endpoint,
        chunkSize: mebibyte,
        onChunkComplete: () => upload.abort().then(() => resolve(upload.url ?? '')),
      });
      upload.start();
    });
  const [resumed, swept] = [await abandon(), await abandon()];
  await uploads.sweep(60_000);
  expect((await left()).length, 'two files, each with what tus knows of it').toBe(4);
  await send(image, { uploadUrl: resumed });
  expect((await idsOf(backend)).length).toBe(1);
  await uploads.sweep(60_000, Date.now() + 61_000);
  expect(await left()).toEqual([]);
  const failure = await send(image, { uploadUrl: swept }).catch((error) => error);
  expect(failure).toBeInstanceOf(Error);
});

test('nobody sends, asks for, goes on with or ends what is not his, by whatever URL', async () => {
  const { endpoint, left, port } = await startApp();
  const started = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-user': 'ann', 'tus-resumable': '1.0.0', 'upload-length': '100', 'upload-metadata': 'name c2VjcmV0' },
  });
  const [url, mine] = [started.headers.get('location') ?? '', `/api/uploads/bob.${'0'.repeat(32)}`];
  expect(started.status).toBe(201);
  const before = await left();
  for (const [user, status] of [
    [undefined, 401],
    ['bob', 404],
  ] as const) {
    for (const method of ['HEAD', 'PATCH', 'DELETE', 'GET', 'OPTIONS', 'PUT']) {
      const id = url.split('/').at(-1);
      for (const path of [url, `${mine}/${id}`, `${mine}?/${id}`, `/api/uploads?/${id}`, `${mine}%2F..%2F${id}`]) {
        const headers = { 'tus-resumable': '1.0.0', ...(user && { 'x-user': user }) };
        const answered = await statusOf(port, method, path, {
          ...headers,
          'upload-offset': '0',
          'content-type': 'application/offset+octet-stream',
        });
        expect(answered, `${user} ${method} ${path}`).toBe(status);
      }
    }
  }
  expect(await left()).toEqual(before);
  const own = { 'x-user': 'ann', 'tus-resumable': '1.0.0' };
  expect((await fetch(new URL(url, endpoint), { headers: own })).status, 'a file that is not whole').toBe(404);
  const asked = await fetch(new URL(url, endpoint), { method: 'HEAD', headers: own });
  expect([asked.status, asked.headers.get('upload-offset')]).toEqual([200, '0']);
  expect(asked.headers.get('upload-metadata') ?? '', 'what the client said of its file').not.toContain('c2VjcmV0');
});

/** As `fetch`, which would tidy the path up. */
async function statusOf(port: number, method: string, path: string, headers: Record<string, string>) {
  const request = ask({ host: '127.0.0.1', port, method, path, headers }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
