import type { Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express, { type ErrorRequestHandler } from 'express';
import Fastify, { type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import { onTestFinished } from 'vitest';
import {
  createUploadHandler,
  errorResponse,
  type NodeRequest,
  type PixstoreBackend,
  type UploadOptions,
} from '../../../src/backend/index.js';
import { listen } from '../examples/support/listen.js';
import { type Send, sendHttp2 } from './ask.js';

/** What the tests vary; callbacks that look at requests are the applications' own. */
export type Settings = Partial<Omit<UploadOptions<unknown>, 'authorize' | 'dir'>> & {
  dir?: UploadOptions<unknown>['dir'];
  authorize?: UploadOptions<unknown>['authorize'];
};

/** An application that takes uploads at `url` from whoever sends `x-user`, into a folder of his. */
export type StartUploads = (backend: PixstoreBackend, settings?: Settings) => Promise<{ url: string; send: Send }>;

/** @param userOf - reads `x-user` of whatever a framework calls a request */
function rulesOf<Given>(userOf: (given: Given) => string | undefined, settings: Settings = {}): UploadOptions<Given> {
  return {
    authorize: (given) => userOf(given) !== undefined,
    dir: (given) => `user-${userOf(given)}`,
    ...settings,
  };
}

const nodeUser = (request: NodeRequest) => request.headers['x-user']?.toString();

/** Express as the README has it: what callbacks throw comes to the application's error handler. */
export const explain: ErrorRequestHandler = (error, _request, response, _next) => {
  const { status, ...body } = errorResponse(error);
  response.status(status).json({ ...body, from: 'the application' });
};

export const nodeUploads: StartUploads = async (backend, settings) => {
  const { url } = await listen(createUploadHandler(backend, rulesOf(nodeUser, settings)));
  return { url, send: fetch };
};

export const http2Uploads: StartUploads = async (backend, settings) => {
  const upload = createUploadHandler(backend, rulesOf(nodeUser, settings));
  const server = createHttp2Server((request, response) => upload(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, send: sendHttp2 };
};

export const expressUploads: StartUploads = async (backend, settings) => {
  const app = express();
  app.post('/photos', createUploadHandler(backend, rulesOf<express.Request>(nodeUser, settings)));
  app.use(explain);
  return { url: `${(await listen(app)).url}/photos`, send: fetch };
};

/** Behind what most applications have for all their routes. */
export const expressWithParsers: StartUploads = async (backend, settings) => {
  const app = express();
  app.use(express.json(), express.urlencoded({ extended: true }), express.text());
  app.use(express.raw({ type: 'image/*', limit: '20mb' }));
  app.use('/photos', createUploadHandler(backend, rulesOf<express.Request>(nodeUser, settings)));
  app.get('/photos', (_request, response) => void response.send('a page'));
  app.use(explain);
  return { url: `${(await listen(app)).url}/photos`, send: fetch };
};

export const fastifyUploads: StartUploads = async (backend, settings) => {
  const app = Fastify({ forceCloseConnections: true }); // of refused uploads, the rest may still be coming
  onTestFinished(() => app.close());
  const upload = createUploadHandler(backend, {
    requestOf: (request: FastifyRequest) => request.raw,
    ...rulesOf<FastifyRequest>((request) => nodeUser(request.raw), settings),
  });
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers(); // pixstore reads uploads itself
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    scope.post('/photos', (request, reply) => upload(request, reply.hijack().raw));
  });
  return { url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/photos`, send: fetch };
};

export const honoUploads: StartUploads = async (backend, settings) => {
  const app = new Hono();
  const rules = rulesOf<Context>((c) => c.req.header('x-user'), settings);
  app.post('/photos', createUploadHandler(backend, { requestOf: (c: Context) => c.req.raw, ...rules }));
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  await new Promise<void>((resolve) => (server.listening ? resolve() : server.once('listening', resolve)));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/photos`, send: fetch };
};

/** A route file of Next.js, which is called with the request and what else is known of its path. */
export const nextUploads: StartUploads = async (backend, settings) => {
  const rules = rulesOf<Request>((request) => request.headers.get('x-user') ?? undefined, settings);
  const POST = createUploadHandler(backend, rules);
  const send: Send = (url, init) => POST(new Request(url, init), { params: Promise.resolve({}) });
  return { url: 'https://gallery.example/api/photos', send };
};

export const uploadApps: [name: string, start: StartUploads][] = [
  ['node:http', nodeUploads],
  ['node:http2', http2Uploads],
  ['Express', expressUploads],
  ['Express behind body parsers', expressWithParsers],
  ['Fastify', fastifyUploads],
  ['Hono', honoUploads],
  ['a route of Next.js', nextUploads],
];
