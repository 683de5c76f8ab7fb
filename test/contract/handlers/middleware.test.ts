import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeHandler } from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { withMorePixels } from '../../support/small-picture.js';
import { askForMany, imageUrl } from './ask.js';

// As most applications still have them, with an on-headers that knows no flat lists; Next.js brings the same compression
// for its pages/api.
const load = createRequire(import.meta.url);
const compression = load('compression') as (options?: object) => RequestHandler;
const morgan = load('morgan') as (format: string, options: object) => RequestHandler;
const session = load('express-session') as (options: object) => RequestHandler;

const compressAll = () => compression({ filter: () => true, threshold: 0 });
const keepSessions = () => session({ secret: 'a secret', resave: true, saveUninitialized: true });
const logRequests = (lines: string[] = []) =>
  morgan(':status :res[content-length] :res[cache-control] :total-time', {
    stream: { write: (line: string) => void lines.push(line) },
  });

const setUps: [name: string, middleware: () => RequestHandler[]][] = [
  ['compression', () => [compression()]],
  ['compression of everything', () => [compressAll()]],
  ['express-session', () => [keepSessions()]],
  ['morgan', () => [logRequests()]],
  ['all of them', () => [logRequests(), compressAll(), keepSessions()]],
];

/** An application with middleware in front of its images. @returns their URL */
async function start(...handlers: RequestHandler[]): Promise<string> {
  const app = express();
  app.disable('x-powered-by');
  for (const handler of handlers) app.use(handler);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/images`;
}

async function openGallery() {
  const backend = await openBackend();
  const large = withMorePixels(photo('cat.png'), Buffer.alloc(2_500_000, 3));
  const save = async (bytes: Uint8Array) => (await backend.saveImage(bytes)) as ImageRecord;
  const [small, medium, streamed] = [await save(photo('coffee.webp')), await save(photo('cat.png')), await save(large)];
  return { backend, small, medium, streamed, large };
}

describe.each(setUps)('behind %s', (_, middleware) => {
  async function openApp() {
    const gallery = await openGallery();
    return { ...gallery, url: await start(...middleware(), createNodeHandler(gallery.backend)) };
  }

  it('images come whole, large ones and batches too, and nothing stays open', async () => {
    const { backend, url, small, medium, streamed, large } = await openApp();
    const get = async (record: ImageRecord) => new Uint8Array(await (await fetch(imageUrl(url, record))).arrayBuffer());
    expect(openPayload(await get(small), small).equals(photo('coffee.webp'))).toBe(true);
    expect(openPayload(await get(medium), medium).equals(photo('cat.png'))).toBe(true); // in two pieces
    expect(openPayload(await get(streamed), streamed).equals(large)).toBe(true);
    const payloads = await askForMany(fetch, url, [small, streamed, { ...small, statelessProof: 'none' }]);
    expect(payloads.map(stateOf)).toEqual(['Success', 'Success', 'InvalidProof']);
    expect(openPayload(payloads[1] as Uint8Array, streamed).equals(large)).toBe(true);
    await expect.poll(async () => (await backend.stats())?.endpoint.open).toEqual({ answers: 0, bytes: 0 });
  });

  it('all headers are there', async () => {
    const { url, small, streamed } = await openApp();
    for (const record of [small, streamed, { ...small, token: -1 }]) {
      const { headers } = await fetch(imageUrl(url, record));
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('HEAD, OPTIONS and refusals are answered', async () => {
    const { url, small } = await openApp();
    const status = async (method: string, to = imageUrl(url, small)) => (await fetch(to, { method })).status;
    expect(await status('HEAD')).toBe(200);
    expect(await status('OPTIONS')).toBe(204);
    expect(await status('DELETE')).toBe(405);
    expect(await status('GET', `${imageUrl(url, small)}x`)).toBe(400);
  });
});

describe('what the application has said in headers', () => {
  it('stays, unless it is about what caches and pages may do with pictures', async () => {
    const { backend, small } = await openGallery();
    const url = await start((_, response, next) => {
      response.set({ 'Cache-Control': 'public, max-age=3600', 'Content-Type': 'text/html', 'x-own': 'kept' });
      response.append('Set-Cookie', ['a=1', 'b=2']);
      next();
    }, createNodeHandler(backend));
    const { headers } = await fetch(imageUrl(url, small));
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-own')).toBe('kept');
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it.each([
    [undefined, 'Origin'],
    ['Accept-Encoding', 'Accept-Encoding, Origin'],
    [['Accept', 'Accept-Encoding'], 'Accept, Accept-Encoding, Origin'],
    ['accept, origin', 'accept, origin'],
    ['*', '*'],
  ])('what it varies by (%j) is said with what we vary by', async (own, merged) => {
    const backend = await openBackend({ accessControlAllowOrigin: ['https://a.example', 'https://b.example'] });
    const record = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
    const url = await start((_, response, next) => {
      if (own) response.setHeader('Vary', own);
      next();
    }, createNodeHandler(backend));
    expect((await fetch(imageUrl(url, record))).headers.get('vary')).toBe(merged);
  });

  it('a log sees what was answered', async () => {
    const { backend, small } = await openGallery();
    const lines: string[] = [];
    const url = await start(logRequests(lines), createNodeHandler(backend));
    const bytes = (await (await fetch(imageUrl(url, small))).arrayBuffer()).byteLength;
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^200 ${bytes} no-store [0-9.]+\n$`));
  });
});
