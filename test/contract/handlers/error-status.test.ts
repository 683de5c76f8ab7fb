import express, { type ErrorRequestHandler, type Express } from 'express';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { errorResponse, type PixstoreBackend } from '../../../src/backend/index.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';

const open = () => openBackend({ maxImageBytes: 100_000, imageFormats: ['webp'] });

/** The application's own routes: saves what is sent, under the id of the path. */
function expressRoutes(backend: PixstoreBackend): Express {
  const app = express();
  app.set('env', 'production');
  vi.spyOn(console, 'error').mockImplementation(() => {}); // where Express says what went wrong
  onTestFinished(() => void vi.restoreAllMocks());
  app.use(express.raw({ type: 'image/*', limit: '1mb' }));
  app.post('/photos/:id', async (req, res) => void res.json(await backend.saveImage(req.body, { id: req.params.id })));
  app.put('/photos/:id', async (req, res) => void res.json(await backend.updateImage(req.params.id, req.body)));
  return app;
}

/** As the README has it. */
const answerErrors: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const { status, code, message } = errorResponse(error);
  res.status(status).json({ code, message });
};

type Start = (backend: PixstoreBackend) => Promise<string>;

const apps: [name: string, start: Start][] = [
  ["Express's own error handler", async (backend) => (await listen(expressRoutes(backend))).url],
  ["the README's error handler", async (backend) => (await listen(withHandler(backend))).url],
  ["Fastify's own error handler", startFastify],
];

function withHandler(backend: PixstoreBackend): Express {
  const app = expressRoutes(backend);
  app.use(answerErrors);
  return app;
}

async function startFastify(backend: PixstoreBackend): Promise<string> {
  const app = Fastify();
  onTestFinished(() => app.close());
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addContentTypeParser('text/plain', (_request, _body, done) => done(null));
  interface Photo {
    Params: { id: string };
    Body: Buffer;
  }
  app.post<Photo>('/photos/:id', ({ body, params }) => backend.saveImage(body, { id: params.id }));
  app.put<Photo>('/photos/:id', ({ body, params }) => backend.updateImage(params.id, body));
  return app.listen({ host: '127.0.0.1', port: 0 });
}

function send(url: string, method: string, body: BodyInit, type = 'image/webp'): Promise<Response> {
  return fetch(url, { method, body, headers: { 'Content-Type': type } });
}

describe.each(apps)('%s answers', (name, start) => {
  it.each([
    [400, 'what is no upload of an image', 'POST', 'ours', 'hello', 'text/plain'],
    [400, 'an id that is none', 'POST', 'a%20b', photo('coffee.webp'), 'image/webp'],
    [404, 'an update of what is not there', 'PUT', 'theirs', photo('coffee.webp'), 'image/webp'],
    [409, 'an id that is taken', 'POST', 'taken', photo('coffee.webp'), 'image/webp'],
    [413, 'too many bytes', 'POST', 'ours', Buffer.alloc(100_001), 'image/webp'],
    [415, 'a format that is not accepted', 'POST', 'ours', photo('rocket.jpg').subarray(0, 90_000), 'image/jpeg'],
    [415, 'a file that is no image', 'POST', 'ours', 'hello', 'image/webp'],
    [422, 'half an image', 'POST', 'ours', photo('coffee.webp').subarray(0, 20), 'image/webp'],
  ])('%i to %s', async (status, _, method, id, body, type) => {
    const backend = await open();
    await backend.saveImage(photo('coffee.webp'), { id: 'taken' });
    const response = await send(`${await start(backend)}/photos/${id}`, method, body, type);
    expect(response.status).toBe(status);
    if (name.startsWith('the README')) {
      expect(await response.json()).toEqual({ code: expect.stringMatching(/^IMAGE_/), message: expect.any(String) });
    }
  });

  it('503 once the backend is closed', async () => {
    const backend = await open();
    const url = await start(backend);
    await backend.close();
    const response = await send(`${url}/photos/ours`, 'POST', photo('coffee.webp'));
    expect(response.status).toBe(503);
    if (name.startsWith('Fastify')) return; // it tells every message
    expect(await response.text()).not.toContain('closed');
  });
});
