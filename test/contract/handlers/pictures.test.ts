import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import Fastify, { type FastifyRequest } from 'fastify';
import { type Context, Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createImageHandler, type PixstoreBackend } from '../../../src/backend/index.js';
import { createMemoryStore } from '../../../src/stores/memory/memory-store.js';
import { masterKey, openBackend, quietLogger } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';
import { addVariant } from '../../support/variants.js';

// It has no types here.
const session = createRequire(import.meta.url)('express-session') as (options: object) => express.RequestHandler;

const [cat, coffee, rocket] = ['cat.png', 'coffee.webp', 'rocket.jpg'].map(photo) as [Buffer, Buffer, Buffer];

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const listenOn = (app: RequestListener) => listen(createServer(app));

/** Whoever says who he is sees what is in his folder. */
const mayUserSee = (user: string | null | undefined, id: string) => Boolean(user) && id.startsWith(`${user}:`);

const apps: Record<string, (backend: PixstoreBackend) => Promise<string>> = {
  'node:http': (backend) => {
    const pictures = createImageHandler(backend, {
      route: '/pictures',
      authorize: (request, id) => mayUserSee(String(new Headers(request.headers as HeadersInit).get('x-user')), id),
    });
    return listenOn((request, response) => pictures(request, response));
  },
  Express: (backend) => {
    const app = express();
    const pictures = createImageHandler<express.Request>(backend, {
      authorize: (request, id) => mayUserSee(request.get('x-user'), id),
    });
    app.get('/pictures/:id', pictures);
    return listenOn(app);
  },
  Fastify: async (backend) => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const pictures = createImageHandler(backend, {
      requestOf: (request: FastifyRequest) => request.raw,
      authorize: (request, id) => mayUserSee(request.headers['x-user'] as string | undefined, id),
    });
    app.get('/pictures/:id', (request, reply) => pictures(request, reply.hijack().raw));
    return app.listen({ host: '127.0.0.1', port: 0 });
  },
  Hono: async (backend) => {
    const app = new Hono();
    const pictures = createImageHandler(backend, {
      requestOf: (c: Context) => c.req.raw,
      authorize: (c, id) => mayUserSee(c.req.header('x-user'), id),
    });
    app.get('/pictures/:id', (c) => pictures(c));
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
};

describe.each(Object.entries(apps))('createImageHandler with %s', (_, start) => {
  async function open() {
    const backend = await openBackend();
    const { id } = (await backend.saveImage(rocket, { dir: 'anna', id: 'one' })) ?? {};
    await addVariant(backend.store, masterKey, id as string, 'thumb', coffee);
    await backend.saveImage(cat, { dir: 'ben', id: 'one' });
    const url = await start(backend);
    const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${url}/pictures/${path}`, { method, headers: { 'x-user': 'anna', ...headers } });
    return { backend, ask };
  }

  test('gives the picture to whom the application lets in, and lets nobody keep it', async () => {
    const { ask } = await open();
    const answer = await ask('anna:one');
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(rocket)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(rocket.length),
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-site',
      etag: expect.stringMatching(/^"\d+"$/),
    });
    const thumb = await ask('anna:one.thumb');
    expect(thumb.headers.get('content-type')).toBe('image/webp');
    expect(Buffer.from(await thumb.arrayBuffer()).equals(coffee)).toBe(true);
  });

  test('refuses all others, and whoever it does not know, alike for what is there and what is not', async () => {
    const { ask } = await open();
    for (const path of ['ben:one', 'ben:none', 'carl:one', 'one']) {
      const answer = await ask(path);
      expect([answer.status, await answer.text()]).toEqual([403, 'You may not see this.\n']);
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
    }
    expect((await ask('anna:one', { 'x-user': '' })).status).toBe(403);
    expect((await ask('anna:none')).status).toBe(404);
    expect((await ask('anna:one.wide')).status, 'a variant that is missing is not the original').toBe(404);
    expect((await ask('..%2F..%2Fetc')).status).toBe(404);
  });

  test('says nothing of it twice, and gives parts', async () => {
    const { backend, ask } = await open();
    const etag = (await ask('anna:one')).headers.get('etag') as string;
    const same = await ask('anna:one', { 'if-none-match': etag });
    expect([same.status, await same.text()]).toEqual([304, '']);
    const part = await ask('anna:one', { range: 'bytes=10-19' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${rocket.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(rocket.subarray(10, 20))).toBe(true);
    const end = await ask('anna:one', { range: 'bytes=-5' });
    expect(Buffer.from(await end.arrayBuffer()).equals(rocket.subarray(-5))).toBe(true);
    expect((await ask('anna:one', { range: `bytes=${rocket.length}-` })).status).toBe(416);
    await backend.updateImage('anna:one', cat);
    const changed = await ask('anna:one', { 'if-none-match': etag });
    expect(Buffer.from(await changed.arrayBuffer()).equals(cat)).toBe(true);
    const whole = await ask('anna:one', { range: 'bytes=0-9', 'if-range': etag });
    expect([whole.status, (await whole.arrayBuffer()).byteLength], 'no mix of two versions').toEqual([200, cat.length]);
  });

  test('answers HEAD without a body', async () => {
    const { ask } = await open();
    const answer = await ask('anna:one', {}, 'HEAD');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('content-length')).toBe(String(rocket.length));
  });
});

describe('createImageHandler', () => {
  test('lets in nobody by anything but true', async () => {
    const backend = await openBackend();
    const { id } = (await backend.saveImage(cat)) ?? {};
    for (const answer of [undefined, null, 1, 'true', {}, Promise.resolve('yes')]) {
      const pictures = createImageHandler<Request>(backend, { authorize: () => answer as boolean });
      expect((await pictures(new Request(`http://localhost/${id}`))).status).toBe(403);
    }
  });

  test('is not made without a check, nor with what would look like one', async () => {
    const backend = await openBackend();
    for (const options of [undefined, {}, { authorize: undefined }, { authorize: true }, { authorise() {} }]) {
      await failure('CONFIG_INVALID', () => createImageHandler(backend, options as never));
    }
    const authorize = () => true;
    for (const options of [
      { authorize, audience: () => 'a' },
      { authorize, metrics: () => true },
    ]) {
      await failure('CONFIG_INVALID', () => createImageHandler(backend, options as never));
    }
    await failure('CONFIG_INVALID', () => createImageHandler({} as never, { authorize }));
  });

  test('tells the application what its check throws, and others nothing', async () => {
    const logger = quietLogger();
    const backend = await openBackend({ logger });
    const authorize = () => {
      throw new Error('the database of permissions is down');
    };
    const app = express();
    app.get('/pictures/:id', createImageHandler<express.Request>(backend, { authorize }));
    app.use(((error, _request, response, _next) => {
      response.status(503).send(`explained: ${error.message}`);
    }) as express.ErrorRequestHandler);
    const url = await listenOn(app);
    const explained = await fetch(`${url}/pictures/one`);
    expect([explained.status, await explained.text()]).toEqual([503, 'explained: the database of permissions is down']);
    const plain = await createImageHandler<Request>(backend, { authorize })(new Request('http://localhost/one'));
    expect([plain.status, await plain.text()]).toEqual([500, 'The picture could not be answered.\n']);
  });

  test('decrypts nothing for who has the picture already', async () => {
    const store = createMemoryStore();
    let opened = 0;
    const counting: typeof store = {
      ...store,
      open(...args) {
        opened += 1;
        return store.open(...args);
      },
    };
    const backend = await openBackend({ store: counting });
    const { id } = (await backend.saveImage(cat)) ?? {};
    const pictures = createImageHandler<Request>(backend, { authorize: () => true });
    const ask = (headers: Record<string, string> = {}) => pictures(new Request(`http://localhost/${id}`, { headers }));
    const etag = (await ask()).headers.get('etag') as string;
    expect((await ask({ 'if-none-match': etag })).status).toBe(304);
    expect(opened).toBe(1);
  });

  test('sees the session that the framework has put there', async () => {
    const backend = await openBackend();
    await backend.saveImage(cat, { dir: 'anna', id: 'one' });
    const app = express();
    app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }));
    app.get('/login', (request, response) => {
      (request.session as unknown as { user: string }).user = 'anna';
      response.end();
    });
    const authorize = (request: express.Request, id: string) =>
      mayUserSee((request.session as unknown as { user?: string }).user, id);
    app.get('/pictures/:id', createImageHandler<express.Request>(backend, { authorize }));
    const url = await listenOn(app);
    expect((await fetch(`${url}/pictures/anna:one`)).status).toBe(403);
    const [cookie = ''] = (await fetch(`${url}/login`)).headers.getSetCookie();
    expect((await fetch(`${url}/pictures/anna:one`, { headers: { cookie } })).status).toBe(200);
  });

  test('holds no more in memory than answers may, however many ask at once', async () => {
    const backend = await openBackend({ maxConcurrentAnswers: 4 });
    const { id } = (await backend.saveImage(rocket)) ?? {};
    let asked = 0;
    let letGo = () => {};
    const all = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const pictures = createImageHandler<Request>(backend, {
      async authorize() {
        asked += 1;
        if (asked === 20) letGo();
        await all;
        return true;
      },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => pictures(new Request(`http://localhost/${id}`))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(4).fill(200), ...Array(16).fill(503)]);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect((await pictures(new Request(`http://localhost/${id}`))).status).toBe(200);
  });

  test('works beside the endpoint that the backend has by itself', async () => {
    const backend = await openBackend({ defaultEndpointEnabled: true, defaultEndpointListenPort: 17_491 });
    const { id = '' } = (await backend.saveImage(cat)) ?? {};
    const pictures = createImageHandler<Request>(backend, { authorize: () => true });
    expect((await pictures(new Request(`http://localhost/a/b/${encodeURIComponent(id)}?x=1`))).status).toBe(200);
  });
});
