import express from 'express';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  createUploadHandler,
  type NodeRequest,
  type PixstoreBackend,
  PixstoreError,
  type UploadOptions,
} from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend, quietLogger } from '../../support/backend.js';
import { openPayload } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';
import { type Settings, type StartUploads, uploadApps } from './upload-apps.js';

const cat = photo('cat.png');

/** A form as `fetch` sends it, whole: what stands for `fetch` over HTTP/2 takes no FormData. */
async function formOf(...fields: [name: string, value: string | File][]): Promise<RequestInit> {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  const response = new Response(form);
  const type = response.headers.get('content-type') ?? '';
  return { body: new Uint8Array(await response.arrayBuffer()), headers: { 'content-type': type } };
}

const raw = (body: Uint8Array, type = 'image/png'): RequestInit => ({
  body: body as BodyInit,
  headers: { 'content-type': type },
});
const file = (bytes: Uint8Array, name = 'cat.png') => new File([bytes as BlobPart], name, { type: 'image/png' });

async function openApp(start: StartUploads, settings?: Settings, config?: Parameters<typeof openBackend>[0]) {
  const logger = quietLogger();
  const backend = await openBackend({ logger, ...config });
  const { url, send } = await start(backend, settings);
  const upload = async (init: RequestInit, user: string | null = 'anna') => {
    const headers = { ...init.headers, ...(user !== null && { 'x-user': user }) };
    const response = await send(url, { method: 'POST', ...init, headers });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  };
  // What is run from source has no thread that writes, and may have said so.
  const failures = () => logger.lines.filter((line) => !line.includes('writer-worker'));
  return { backend, url, send, upload, failures };
}

async function contentOf(backend: PixstoreBackend, { id }: { id: string }): Promise<Uint8Array> {
  const record = backend.getImageRecord(id) as ImageRecord;
  const payload = await backend.customEndpointHelper(id, null, record.statelessProof);
  return openPayload(payload as Uint8Array, record);
}

const imagesOf = async (backend: PixstoreBackend) => (await backend.stats())?.images;

describe.each(uploadApps)('in %s', (name, start) => {
  it('an image is saved, raw and from a form, and its record answered', async () => {
    const { backend, upload } = await openApp(start);
    const form = await formOf(['title', 'my cat'], ['photo', file(cat)], ['done', 'yes']);
    for (const init of [raw(cat), raw(cat, 'application/octet-stream'), form]) {
      const { status, body } = await upload(init);
      expect(status).toBe(201);
      expect(body.id).toMatch(/^user-anna:/);
      expect(Buffer.compare(await contentOf(backend, body as { id: string }), cat)).toBe(0);
    }
    expect(backend.uploads.load()).toEqual({ bodies: 0, bytes: 0 });
  });

  it('who may not is refused, and nothing is kept', async () => {
    const { backend, upload, failures } = await openApp(start);
    const { status, body } = await upload(raw(cat), null);
    expect([status, body.code]).toEqual([403, 'UPLOAD_FORBIDDEN']);
    expect(await imagesOf(backend)).toBe(0);
    expect(failures()).toEqual([]);
  });

  it.each<[number, string, RequestInit | (() => Promise<RequestInit>)]>([
    [413, 'IMAGE_TOO_LARGE', raw(new Uint8Array(2_000))],
    [413, 'IMAGE_TOO_LARGE', () => formOf(['photo', file(new Uint8Array(2_000))])],
    [413, 'IMAGE_TOO_LARGE', () => formOf(['photo', file(new Uint8Array(80_000))])],
    [415, 'IMAGE_NOT_RECOGNIZED', raw(new TextEncoder().encode('a text'))],
    [415, 'UPLOAD_TYPE_REFUSED', raw(new TextEncoder().encode('{}'), 'application/json')],
    [422, 'IMAGE_TRUNCATED', raw(cat.subarray(0, 50))],
    [422, 'IMAGE_EMPTY', raw(new Uint8Array())],
    [400, 'UPLOAD_INVALID', () => formOf(['title', 'no file'])],
    [400, 'UPLOAD_INVALID', () => formOf(['photo', new File([], '')])],
    [400, 'UPLOAD_INVALID', () => formOf(['a', file(cat.subarray(0, 99))], ['b', file(cat.subarray(0, 99))])],
    [400, 'UPLOAD_INVALID', raw(new Uint8Array(10), 'multipart/form-data')],
  ])('what is wrong is said: %i %s', async (status, code, given) => {
    const { backend, upload, failures } = await openApp(start, { maxImageBytes: 1_000 });
    const answer = await upload(typeof given === 'function' ? await given() : given);
    expect(answer.body).toEqual({ code, message: expect.stringMatching(/^[A-Z].*\.$/) });
    expect(answer.status).toBe(status);
    expect(await imagesOf(backend)).toBe(0);
    expect(backend.uploads.load()).toEqual({ bodies: 0, bytes: 0 });
    expect(failures()).toEqual([]);
  });

  it('what the application throws is told as it is used to, and without a word of it', async () => {
    const { backend, upload } = await openApp(start, {
      onSaved() {
        throw new Error('INSERT INTO secrets');
      },
    });
    const { status, body } = await upload(raw(cat));
    const from = name.startsWith('Express') ? { from: 'the application' } : {};
    expect(body).toEqual({ code: null, message: 'The server failed. Try again later.', ...from });
    expect(status).toBe(500);
    expect(await imagesOf(backend)).toBe(0); // nobody would know of it
  });
});

describe('what an upload handler is told', () => {
  const [, startNode] = uploadApps[0] as (typeof uploadApps)[number];

  it('onSaved learns of the image and the request, and says what is answered', async () => {
    const seen: unknown[] = [];
    const { upload } = await openApp(startNode, {
      onSaved(record, request) {
        seen.push(record.id, (request as NodeRequest).headers['x-user']);
        return { photo: 7 };
      },
    });
    const { status, body, headers } = await upload(raw(cat));
    expect([status, body]).toEqual([201, { photo: 7 }]);
    expect(seen).toEqual([expect.stringMatching(/^user-anna:/), 'anna']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('location')).toBeNull();
  });

  it('dir, id and audience are texts, functions or null', async () => {
    const { backend, upload } = await openApp(startNode, {
      dir: 'avatars',
      id: async () => 'p7',
      audience: () => 'anna',
    });
    const { body } = await upload(raw(cat));
    expect(body.id).toBe('avatars:p7');
    expect(body.statelessProof).toBe(backend.getImageRecord('avatars:p7', { audience: 'anna' })?.statelessProof);
    expect((await upload(raw(cat))).body.code).toBe('IMAGE_ID_TAKEN');
    const none = await openApp(startNode, { dir: null });
    expect((await none.upload(raw(cat))).body.id).toMatch(/^[\w-]{22}$/);
  });

  it.each(['dir', 'id', 'audience'])('a function that says undefined keeps no image: %s', async (option) => {
    const { backend, upload, failures } = await openApp(startNode, { [option]: () => undefined });
    expect(await upload(raw(cat))).toMatchObject({ status: 500, body: { code: 'CONFIG_INVALID' } });
    expect(await imagesOf(backend)).toBe(0);
    expect(failures().join()).toContain(`"${option}"`);
  });

  it.each<[string, () => unknown, number]>([
    ['a name', () => 'anna', 201],
    ['nobody', () => undefined, 201],
    ['a promise', async () => 'anna', 500],
  ])('clientOf says who shares what unfinished uploads may take up: %s', async (_, clientOf, status) => {
    const { upload } = await openApp(startNode, { clientOf: clientOf as () => string });
    expect((await upload(raw(cat))).status).toBe(status);
  });

  it('only true admits', async () => {
    for (const said of [undefined, null, 1, 'yes', {}, Promise.resolve(false)]) {
      const { upload } = await openApp(startNode, { authorize: () => said as boolean });
      expect((await upload(raw(cat))).status).toBe(403);
    }
  });

  it('field names the file among others', async () => {
    const { backend, upload } = await openApp(startNode, { field: 'photo' });
    const text = new TextEncoder().encode('a letter');
    const { status, body } = await upload(await formOf(['letter', file(text)], ['photo', file(cat)]));
    expect(status).toBe(201);
    expect(Buffer.compare(await contentOf(backend, body as { id: string }), cat)).toBe(0);
    expect((await upload(await formOf(['letter', file(cat)]))).body.message).toContain('no file "photo"');
  });

  it('the error mode of the backend changes nothing', async () => {
    for (const errorHandlingMode of ['hybrid', 'silent', 'warn', 'custom'] as const) {
      const { upload } = await openApp(startNode, {}, { errorHandlingMode });
      expect((await upload(raw(cat))).status).toBe(201);
      expect((await upload(raw(cat.subarray(0, 50)))).body.code).toBe('IMAGE_TRUNCATED');
    }
  });

  it('a backend that is closed is told in words that say nothing of it', async () => {
    const { backend, upload } = await openApp(startNode);
    await backend.close();
    const { status, body, headers } = await upload(raw(cat));
    expect([status, body.code]).toEqual([503, 'BACKEND_CLOSED']);
    expect(body.message).toBe('The server cannot do this now. Try again soon.');
    expect(headers.get('retry-after')).toBe('1');
  });

  it('other methods are left to the application, or refused', async () => {
    const [, startExpress] = uploadApps[3] as (typeof uploadApps)[number];
    const app = await openApp(startExpress);
    expect(await (await fetch(app.url)).text()).toBe('a page');
    const { url } = await openApp(startNode);
    const refused = await fetch(url, { method: 'PUT', body: cat as BodyInit });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('a body that was read, or read as text, is not taken for an image', async () => {
    const backend = await openBackend();
    const app = express();
    app.post('/text', express.text({ type: '*/*', limit: '20mb' }));
    app.post('/read', async (req, _res, next) => {
      for await (const _ of req);
      next();
    });
    app.use(createUploadHandler(backend, { authorize: () => true, dir: null }));
    const { url } = await listen(app);
    for (const path of ['text', 'read']) {
      const response = await fetch(`${url}/${path}`, { method: 'POST', ...raw(cat) });
      expect([response.status, ((await response.json()) as { message: string }).message]).toEqual([
        400,
        'The upload cannot be read: something else has read its body. Mount the upload handler before what parses such bodies.',
      ]);
    }
    const request = new Request('http://a.example', { method: 'POST', ...raw(cat) });
    await request.arrayBuffer();
    const handler = createUploadHandler<Request>(backend, { authorize: () => true, dir: null });
    expect((await handler(request)).status).toBe(400);
  });

  it.each<[string, unknown]>([
    ['authorize', { dir: null }],
    ['dir', { authorize: () => true }],
    ['authorize', { authorize: undefined, dir: null }],
    ['dir', { authorize: () => true, dir: undefined }],
    ['audience', { authorize: () => true, dir: null, audience: undefined }],
    ['maxImageBytes', { authorize: () => true, dir: null, maxImageBytes: 0 }],
    ['requestOf', { authorize: () => true, dir: null, requestOf: 1 }],
    ['folder', { authorize: () => true, dir: null, folder: 'a' }],
  ])('options are refused by name: %s', async (option, options) => {
    const backend = await openBackend();
    const make = () => createUploadHandler(backend, options as UploadOptions<NodeRequest>);
    expect(make).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${option}"`) }),
    );
    expect(() => createUploadHandler({} as PixstoreBackend, { authorize: () => true, dir: null })).toThrow(
      PixstoreError,
    );
  });

  it('types are those of the framework', async () => {
    const backend = await openBackend();
    const upload = createUploadHandler<express.Request>(backend, {
      authorize(req) {
        expectTypeOf(req).toEqualTypeOf<express.Request>();
        return req.ip !== undefined;
      },
      dir: (req) => req.hostname,
    });
    express().post('/photos', upload);
    const web = createUploadHandler<Request>(backend, { authorize: (request) => request.headers.has('a'), dir: null });
    expectTypeOf(web(new Request('http://a.example'))).toEqualTypeOf<Promise<Response>>();
    // @ts-expect-error nobody may upload where nobody is asked
    expect(() => createUploadHandler(backend, { dir: null })).toThrow();
    // @ts-expect-error what was found is no request
    createUploadHandler(backend, { requestOf: (c: { a: string }) => c.a, authorize: () => true, dir: null });
  });
});
