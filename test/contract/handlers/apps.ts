import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { serve } from '@hono/node-server';
import express, { type ErrorRequestHandler } from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import {
  createFetchHandler,
  createNodeHandler,
  type NodeRequest,
  type PixstoreBackend,
} from '../../../src/backend/index.js';
import { clinicRules } from './clinic.js';

/** An application around a backend, as its documentation would have it. @returns the URL of its images */
export type StartApp = (backend: PixstoreBackend) => Promise<string>;

const nodeRules = clinicRules<NodeRequest>((request) => request.headers.authorization);
const fetchRules = clinicRules<Request>((request) => request.headers.get('authorization'));

async function listen(server: NetServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    (server as Partial<Server>).closeAllConnections?.();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const listenOn = (app: RequestListener) => listen(createServer(app));

export const nodeHttp: StartApp = async (backend) => {
  const images = createNodeHandler(backend, { route: '/images', ...nodeRules });
  return `${await listenOn((request, response) => images(request, response))}/images`;
};

export const nodeHttp2: StartApp = async (backend) => {
  const images = createNodeHandler(backend, nodeRules);
  return `${await listen(createHttp2Server((request, response) => images(request, response)))}/images`;
};

/** What Express answers to what `authorize` throws. */
const explain: ErrorRequestHandler = (error: Error, _request, response, _next) => {
  response.status(503).send(`explained: ${error.message}`);
};

export const expressApp: StartApp = async (backend) => {
  const app = express();
  app.use('/api/images', createNodeHandler(backend, nodeRules));
  app.use(explain);
  return `${await listenOn(app)}/api/images`;
};

/** An application whose other routes want their bodies parsed before ours is reached. */
export const expressWithParsers: StartApp = async (backend) => {
  const app = express();
  app.use(express.json(), express.text({ limit: '256kb' }));
  app.use(createNodeHandler(backend, { route: '/images', ...nodeRules }));
  app.get('/elsewhere', (_request, response) => void response.send('still here'));
  return `${await listenOn(app)}/images`;
};

export const fastifyApp: StartApp = async (backend) => {
  const app = Fastify();
  onTestFinished(() => app.close());
  const images = createNodeHandler(backend, nodeRules);
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers(); // pixstore reads the bodies of batches itself
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    const serveImages = (request: { raw: IncomingMessage }, reply: { hijack(): void; raw: object }) => {
      reply.hijack();
      images(request.raw, reply.raw as Parameters<typeof images>[1]);
    };
    scope.route({ method: ['GET', 'HEAD', 'POST', 'OPTIONS'], url: '/images', handler: serveImages });
    scope.route({ method: ['GET', 'HEAD', 'POST', 'OPTIONS'], url: '/images/*', handler: serveImages });
  });
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/images`;
};

export const honoApp: StartApp = async (backend) => {
  const images = createFetchHandler(backend, fetchRules);
  const app = new Hono();
  app.all('/images/*', (context) => images(context.req.raw));
  app.all('/images', (context) => images(context.req.raw));
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  await new Promise<void>((resolve) => (server.listening ? resolve() : server.once('listening', resolve)));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/images`;
};

/** A route file of Next.js: app/images/[[...id]]/route.ts exports GET and POST, which are given web Requests. */
export function nextRoute(backend: PixstoreBackend) {
  const images = createFetchHandler(backend, fetchRules);
  return { GET: images, POST: images, HEAD: images, OPTIONS: images };
}
