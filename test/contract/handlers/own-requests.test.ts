import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express, { type RequestHandler } from 'express';
import Fastify, { type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import {
  createFetchHandler,
  createNodeHandler,
  type HandlerOptions,
  type NodeRequest,
  type PixstoreBackend,
} from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';
import { askFor, askForMany, type Send } from './ask.js';

const session = createRequire(import.meta.url)('express-session') as (options: object) => RequestHandler;

// As applications and their types say what middleware puts into requests.
declare global {
  namespace Express {
    interface Request {
      session?: { user?: string };
    }
  }
}
declare module 'fastify' {
  interface FastifyRequest {
    user: string | undefined;
  }
}

/** An application in which whoever sends `x-user` is logged in, and what its framework made of the requests. */
interface App {
  url: string;
  send: Send;
  made: Set<unknown>;
}

/** Callbacks of every kind, and what they were given. */
function watch<Given>(seen: unknown[], userOf: (given: Given) => string | undefined): HandlerOptions<Given> {
  const note = (given: Given) => void seen.push(given);
  return {
    authorize(given, id) {
      note(given);
      return userOf(given) === 'anna' && id !== '';
    },
    audience(given) {
      note(given);
      return userOf(given);
    },
    clientOf(given) {
      note(given);
      return userOf(given);
    },
    metrics(given) {
      note(given);
      return userOf(given) === 'anna';
    },
  };
}

async function startExpress(backend: PixstoreBackend, seen: unknown[]): Promise<App> {
  const made = new Set<unknown>();
  const app = express();
  app.use(session({ secret: 'a secret', resave: true, saveUninitialized: true }), (req, _res, next) => {
    made.add(req);
    const user = req.get('x-user');
    if (req.session && user) req.session.user = user;
    next();
  });
  const rules = watch<express.Request>(seen, (req) => req.session?.user);
  app.use('/images', createNodeHandler<express.Request>(backend, rules));
  return { url: `${(await listen(app)).url}/images`, send: fetch, made };
}

async function startFastify(backend: PixstoreBackend, seen: unknown[]): Promise<App> {
  const made = new Set<unknown>();
  const app = Fastify();
  onTestFinished(() => app.close());
  app.decorateRequest('user', undefined);
  app.addHook('onRequest', async (request) => {
    made.add(request);
    request.user = request.headers['x-user']?.toString();
  });
  const images = createNodeHandler(backend, {
    requestOf: (request: FastifyRequest) => request.raw,
    ...watch<FastifyRequest>(seen, (request) => request.user),
  });
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    for (const url of ['/images', '/images/*']) {
      scope.all(url, (request, reply) => images(request, reply.hijack().raw));
    }
  });
  return { url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/images`, send: fetch, made };
}

type Environment = { Variables: { user: string | undefined } };

async function startHono(backend: PixstoreBackend, seen: unknown[]): Promise<App> {
  const made = new Set<unknown>();
  const app = new Hono<Environment>();
  app.use(async (c, next) => {
    made.add(c);
    c.set('user', c.req.header('x-user'));
    await next();
  });
  const images = createFetchHandler(backend, {
    requestOf: (c: Context<Environment>) => c.req.raw,
    ...watch<Context<Environment>>(seen, (c) => c.get('user')),
  });
  app.all('/images/*', images);
  app.all('/images', images);
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  await new Promise<void>((resolve) => (server.listening ? resolve() : server.once('listening', resolve)));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/images`, send: fetch, made };
}

/** As NextRequest: a web Request that knows more. */
class RequestWithCookies extends Request {
  readonly cookies = { user: this.headers.get('x-user') ?? undefined };
}

async function startNext(backend: PixstoreBackend, seen: unknown[]): Promise<App> {
  const made = new Set<unknown>();
  const rules = watch<RequestWithCookies>(seen, (request) => request.cookies.user);
  const images = createFetchHandler<RequestWithCookies>(backend, rules);
  const send: Send = (url, init) => {
    const request = new RequestWithCookies(url, init);
    made.add(request);
    return images(request);
  };
  return { url: 'https://clinic.example/images', send, made };
}

describe.each([
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['Hono', startHono],
  ['a route of Next.js', startNext],
])('in %s', (_, start) => {
  async function openApp() {
    const seen: unknown[] = [];
    const backend = await openBackend({ metrics: true });
    const app = await start(backend, seen);
    const { id } = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
    const record = backend.getImageRecord(id, { audience: 'anna' }) as ImageRecord;
    const as = (user: string): Send => {
      return (url, init) => app.send(url, { ...init, headers: { ...init?.headers, 'x-user': user } });
    };
    return { ...app, seen, record, as };
  }

  it('callbacks know who is logged in', async () => {
    const { url, record, as } = await openApp();
    expect(stateOf(await askFor(as('anna'), url, record))).toBe('Success');
    expect(stateOf(await askFor(as('boris'), url, record))).toBe('InvalidProof');
    const payloads = await askForMany(as('anna'), url, [record, record]);
    expect(payloads.map(stateOf)).toEqual(['Success', 'Success']);
    expect((await as('anna')(`${url}/-/metrics`)).status).toBe(200);
    expect((await as('boris')(`${url}/-/metrics`)).status).toBe(404);
  });

  it.each<[string, number, (app: Awaited<ReturnType<typeof openApp>>) => Promise<unknown>]>([
    ['image', 3, ({ url, record, as }) => askFor(as('anna'), url, record)],
    ['batch', 4, ({ url, record, as }) => askForMany(as('anna'), url, [record, record])],
    ['page of figures', 1, async ({ url, as }) => (await as('anna')(`${url}/-/metrics`)).text()],
  ])('callbacks of one %s are given the very object that the framework made', async (_, calls, ask) => {
    const app = await openApp();
    await ask(app);
    expect(app.seen.length).toBeGreaterThanOrEqual(calls);
    expect([...new Set(app.seen)]).toEqual([...app.made]);
    expect(app.made.has(app.seen[0])).toBe(true);
  });
});

describe('requestOf that finds nothing, or throws', () => {
  it.each<[string, () => never]>([
    ['nothing', () => undefined as never],
    [
      'an error',
      () => {
        throw new Error('another framework');
      },
    ],
  ])('ends in an answer and a line in the log: %s', async (_, requestOf) => {
    const lines: string[] = [];
    const error = (line: string) => void lines.push(line);
    const backend = await openBackend({ logger: { info() {}, warn() {}, error } });
    const { url } = await listen(createNodeHandler(backend, { requestOf }));
    expect((await fetch(`${url}/a`)).status).toBe(500);
    expect((await createFetchHandler(backend, { requestOf })(new Request('http://a.test/a'))).status).toBe(500);
    expect(lines).toHaveLength(2);
  });
});

describe('the types of callbacks', () => {
  it('are those of the framework, and know what its requests have not', async () => {
    const backend = await openBackend();

    createNodeHandler(backend, {
      audience: (request) => {
        expectTypeOf(request).toEqualTypeOf<NodeRequest>();
        // @ts-expect-error a request of Node has no session
        return request.session;
      },
    });
    const images = createNodeHandler<express.Request>(backend, {
      audience: (req) => req.session?.user,
      authorize(req, id, variant) {
        expectTypeOf(req).toEqualTypeOf<express.Request>();
        expectTypeOf([id, variant] as const).toEqualTypeOf<readonly [string, string | undefined]>();
        // @ts-expect-error misspelled
        return req.sesion?.user === 'anna';
      },
      clientOf: (req) => req.ip,
      metrics: (req) => req.hostname === 'localhost',
    });
    express().use('/images', images);
    express().use(createNodeHandler(backend, { clientOf: (req: express.Request) => req.ip }));
    // @ts-expect-error node:http makes no requests of Express
    createServer(images);
    createServer(createNodeHandler(backend));
    createServer(createNodeHandler<IncomingMessage>(backend, { clientOf: (request) => request.socket.remoteAddress }));

    createNodeHandler(backend, {
      requestOf: (request: FastifyRequest) => request.raw,
      audience: (request) => {
        expectTypeOf(request).toEqualTypeOf<FastifyRequest>();
        return request.user;
      },
      // @ts-expect-error misspelled
      clientOf: (request) => request.usr,
    });
    // @ts-expect-error what Fastify makes is no request of Node: requestOf must say where that is
    createNodeHandler<FastifyRequest>(backend, { audience: (request) => request.user });
    // @ts-expect-error what was found is no request
    createNodeHandler(backend, { requestOf: (request: FastifyRequest) => request.headers });

    createFetchHandler(backend, {
      audience: (request) => {
        expectTypeOf(request).toEqualTypeOf<Request>();
        return undefined;
      },
    });
    createFetchHandler<RequestWithCookies>(backend, {
      audience: (request) => request.cookies.user,
      // @ts-expect-error misspelled
      clientOf: (request) => request.cookies.usr,
    });
    // @ts-expect-error a context is no request
    createFetchHandler<Context<Environment>>(backend, { audience: (c) => c.get('user') });
  });
});
