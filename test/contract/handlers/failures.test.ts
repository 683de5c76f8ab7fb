import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type BackendConfig,
  createFetchHandler,
  createNodeHandler,
  type HandlerOptions,
  type PixstoreBackend,
} from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend, quietLogger } from '../../support/backend.js';
import { ownOptions } from '../../support/options.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { withMorePixels } from '../../support/small-picture.js';
import { askFor, askForMany, type Send, sendHttp2 } from './ask.js';

/** Fails the test when anything escapes to the process, where it would end it. */
function watchProcess(): void {
  const escaped: unknown[] = [];
  const note = (error: unknown) => void escaped.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  onTestFinished(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', note).off('unhandledRejection', note);
    expect(escaped).toEqual([]);
  });
}

async function openGallery(config: BackendConfig = {}) {
  watchProcess();
  const logger = quietLogger();
  const backend = await openBackend({ logger, ...config });
  const record = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
  const large = (await backend.saveImage(withMorePixels(photo('cat.png'), Buffer.alloc(2_500_000)))) as ImageRecord;
  const failures = () => logger.lines.filter((line) => line.startsWith('[pixstore] an image request failed: '));
  return { backend, record, large, failures };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    (server as Partial<ReturnType<typeof createServer>>).closeAllConnections?.();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/images`;
}

const serve = (listener: RequestListener) => listen(createServer(listener));

async function expectNothingOpen(backend: PixstoreBackend): Promise<void> {
  await expect.poll(async () => (await backend.stats())?.endpoint.open).toEqual({ answers: 0, bytes: 0 });
}

type Sabotage = (response: ServerResponse, request: IncomingMessage) => void;
const boom = () => {
  throw new Error('a broken middleware');
};

describe('when sending fails, the answer ends, the room is free again, and nothing escapes', () => {
  const sabotages: [name: string, sabotage: Sabotage][] = [
    ['setHeader throws', (response) => void Object.assign(response, { setHeader: boom })],
    ['getHeader and setHeader throw', (response) => void Object.assign(response, { getHeader: boom, setHeader: boom })],
    ['writeHead throws', (response) => void Object.assign(response, { writeHead: boom })],
    ['write throws', (response) => void Object.assign(response, { write: boom })],
    ['end throws', (response) => void Object.assign(response, { end: boom })],
    ['write and end throw', (response) => void Object.assign(response, { write: boom, end: boom })],
    ['the status is none', (response) => Object.defineProperty(response, 'statusCode', { get: () => 20, set() {} })],
    ['the client is cut off first', (response) => void response.destroy()],
    ['the connection is cut off first', (_, request) => void request.socket.destroy()],
    ['somebody else has begun to answer', (response) => void response.write('hello')],
    ['somebody else has answered', (response) => void response.end('hello')],
  ];

  it.each(sabotages)('%s', async (_, sabotage) => {
    const { backend, record, large } = await openGallery();
    const images = createNodeHandler(backend);
    const url = await serve((request, response) => {
      sabotage(response, request);
      images(request, response);
      if (response.headersSent && !response.writableEnded && !response.destroyed) response.end(); // as who began it would
    });
    const settle = (answer: Promise<unknown>) =>
      answer.then(
        () => {},
        () => {},
      );
    await settle(askFor(fetch, url, record));
    await settle(askFor(fetch, url, large));
    await settle(askForMany(fetch, url, [record, large, record]));
    await settle(fetch(url, { method: 'OPTIONS' }));
    await expectNothingOpen(backend);
  });

  it('next throws, whether it is given a path that is not ours or an error', async () => {
    const { backend, record, failures } = await openGallery();
    const images = createNodeHandler(backend, { route: '/images', authorize: boom });
    const url = await serve((request, response) => images(request, response, boom));
    await expect(fetch(new URL('/elsewhere', url))).rejects.toThrow();
    await expect(askFor(fetch, url, record)).rejects.toThrow();
    await expectNothingOpen(backend);
    expect(failures().length).toBeGreaterThan(0);
  });

  it('over HTTP/2 an answer that breaks off does not look whole', async () => {
    const { backend, large } = await openGallery();
    const images = createNodeHandler(backend);
    const url = await listen(
      createHttp2Server((request, response) => {
        const { write } = response;
        let pieces = 0;
        response.write = ((...args: Parameters<typeof write>) => {
          pieces += 1;
          if (pieces > 3) boom();
          return write.apply(response, args);
        }) as typeof write;
        images(request, response);
      }),
    );
    await expect(askFor(sendHttp2, url, large)).rejects.toThrow();
    await expectNothingOpen(backend);
  });
});

describe('fetch handlers never reject', () => {
  it.each<[string, Request]>([
    ['a URL that is none', { ...new Request('http://a.test/'), url: 'not a url', method: 'GET' } as Request],
    ['nothing at all', {} as Request],
  ])('%s', async (_, request) => {
    const { backend, failures } = await openGallery();
    const { status } = await createFetchHandler(backend)(request);
    expect(status).toBe(500);
    expect(failures()).toHaveLength(1);
    await expectNothingOpen(backend);
  });

  it('a client that is gone already is served nothing', async () => {
    const { backend, record } = await openGallery();
    const url = `http://a.test/${record.id}?proof=${record.statelessProof}`;
    await createFetchHandler(backend)(new Request(url, { signal: AbortSignal.abort() }));
    await expectNothingOpen(backend);
  });
});

/** Asks through a handler of every kind for one image and for a batch. */
async function throughAllHandlers(backend: PixstoreBackend, record: ImageRecord, options: HandlerOptions<unknown>) {
  const images = createNodeHandler(backend, options);
  const web = createFetchHandler(backend, options);
  const handlers: [Send, string][] = [
    [fetch, await serve((request, response) => images(request, response))],
    [sendHttp2, await listen(createHttp2Server((request, response) => images(request, response)))],
    [async (url, init) => web(new Request(url, init)), 'https://clinic.example/images'],
  ];
  const states: (string | undefined)[] = [];
  for (const [send, url] of handlers) {
    states.push(stateOf(await askFor(send, url, record)));
    const batch = await askForMany(send, url, [record]).catch(({ message }: Error) => message);
    states.push(typeof batch === 'string' ? batch.replace(/:.*\s*/, '') : stateOf(batch[0] as Uint8Array));
  }
  return [...new Set(states)].sort();
}

describe('callbacks that fail end in an answer and a line in the log, whatever the handler', () => {
  const reject = async () => boom();
  const hangUp = (() => new Promise(() => {})) as () => Promise<never>;
  const thenable = () => {
    const own = Promise.reject(new Error('no'));
    // biome-ignore lint/suspicious/noThenProperty: as promises of other libraries
    return { then: own.then.bind(own) } as never;
  };

  it.each<[string, HandlerOptions<unknown>]>([
    ['authorize throws', { authorize: boom }],
    ['authorize rejects', { authorize: reject }],
    ['authorize rejects in a promise of its own', { authorize: thenable }],
    ['authorize never answers', { authorize: hangUp, timeouts: { checks: 20 } }],
    ['audience throws', { audience: boom }],
    ['audience rejects', { audience: reject }],
    ['audience never answers', { audience: hangUp, timeouts: { checks: 20 } }],
    ['audience is no text', { audience: () => 7 as never }],
    ['clientOf throws', { clientOf: boom }],
    ['clientOf rejects', { clientOf: reject as never }],
    ['clientOf is no text', { clientOf: () => 7 as never }],
  ])('%s', async (name, options) => {
    const { backend, record, failures } = await openGallery();
    const states = await throughAllHandlers(backend, record, options);
    // A batch whose sender cannot be told is not even read.
    expect(states).toEqual(name.startsWith('clientOf') ? ['HTTP 500', 'InternalError'] : ['InternalError']);
    expect(failures().length).toBeGreaterThanOrEqual(6);
    await expectNothingOpen(backend);
  });

  it('what is not true is no permission', async () => {
    const { backend, record } = await openGallery();
    for (const authorize of [() => 1, () => 'true', () => undefined, () => ({}), async () => 'yes']) {
      expect(await throughAllHandlers(backend, record, { authorize: authorize as never })).toEqual(['InvalidProof']);
    }
  });

  it('a clock that throws', async () => {
    let isBroken = false;
    const now = () => (isBroken ? boom() : Date.now());
    const { backend, record, failures } = await openGallery({ now });
    isBroken = true;
    const states = await throughAllHandlers(backend, record, {});
    expect(states).toEqual(['HTTP 500', 'InternalError']);
    expect(failures().length).toBeGreaterThan(0);
    await expectNothingOpen(backend);
  });

  it('the default endpoint, whose clientOf throws', async () => {
    const logger = quietLogger();
    watchProcess();
    const own = await ownOptions();
    const rateLimit = { limiter: { consume: async () => {} }, clientOf: boom };
    const backend = await openBackend({ ...own, defaultEndpointEnabled: true, rateLimit, logger });
    await backend.ready;
    const record = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
    const url = `http://127.0.0.1:${own.defaultEndpointListenPort}/pixstore-image`;
    expect(stateOf(await askFor(fetch, url, record))).toBe('InternalError');
    expect(logger.lines).toContain('[pixstore] an image request failed: Error');
    await expectNothingOpen(backend);
  });
});
