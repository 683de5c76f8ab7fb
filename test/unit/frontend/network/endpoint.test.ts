import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEndpoint, type Endpoint } from '../../../../src/frontend/network/endpoint.js';
import { isTransient } from '../../../../src/frontend/network/errors.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { answerWith, createFakeEndpoint, encodeFrame, type FakeRequest, payloadOf, recordOf } from './fake-endpoint.js';

const host = {
  defaultEndpointConnectHost: '127.0.0.1',
  defaultEndpointConnectPort: 7482,
  defaultEndpointRoute: '/pixstore-image',
};
const frames = (...ids: string[]) => Buffer.concat(ids.map((id) => encodeFrame(payloadOf(id))));

afterEach(() => vi.unstubAllGlobals());

function ask(endpoint: Endpoint, ...records: ImageRecord[]) {
  const payloads: Uint8Array[] = [];
  const { signal } = new AbortController();
  const answered = endpoint.ask(records, { priority: 'auto', signal }, (more) => {
    payloads.push(...more.map((payload) => Uint8Array.from(payload)));
  });
  return { answered, payloads };
}

const askIds = (endpoint: Endpoint, ...ids: string[]) => ask(endpoint, ...ids.map(recordOf));

function fakeEndpoint(onRequest?: (request: FakeRequest) => void) {
  const { fetch, requests } = createFakeEndpoint(onRequest);
  const clock = { time: 1_700_000_000_000 };
  const endpoint = createEndpoint({ ...host, fetch, now: () => clock.time });
  return { endpoint, requests, clock, methods: () => requests.map(({ method }) => method) };
}

const byMethod =
  (onPost: (request: FakeRequest) => void, onGet = answerWith(payloadOf)) =>
  (request: FakeRequest) =>
    request.method === 'POST' ? onPost(request) : onGet(request);

const redirecting = (isRedirected: (path: string) => boolean) => (request: FakeRequest) => {
  if (isRedirected(new URL(request.url).pathname)) request.redirect();
  else answerWith(payloadOf)(request);
};

describe('over a real connection', () => {
  let server: Server;
  let endpoint: Endpoint;
  let origin: string;
  let seen: { request: IncomingMessage; body: string }[];
  let status: number;
  let body: Uint8Array;

  beforeEach(async () => {
    seen = [];
    status = 200;
    server = createServer(async (request, response) => {
      seen.push({ request, body: await text(request) });
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    origin = `http://127.0.0.1:${port}`;
    endpoint = createEndpoint({ ...host, defaultEndpointConnectPort: port, now: Date.now });
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('one image of another origin is a batch of one, which needs no preflight', async () => {
    body = frames('cats:tom');
    const { answered, payloads } = askIds(endpoint, 'cats:tom');
    await answered;
    expect(payloads).toEqual([payloadOf('cats:tom')]);
    const [{ request, body: sent } = expect.fail('no request')] = seen;
    expect(`${request.method} ${request.url}`).toBe('POST /pixstore-image');
    expect(request.headers['content-type']).toMatch(/^text\/plain/);
    expect(JSON.parse(sent)).toEqual({
      version: 1,
      images: [{ id: 'cats:tom', token: 7, proof: 'proof-of-cats:tom' }],
    });
  });

  test("one image of the page's own origin is a GET with proof and token in headers", async () => {
    vi.stubGlobal('origin', origin);
    const { port } = new URL(origin);
    endpoint = createEndpoint({ ...host, defaultEndpointConnectPort: Number(port), now: Date.now });
    body = Uint8Array.of(0, 1, 2);
    const { answered, payloads } = ask(endpoint, { ...recordOf('cats:tom'), statelessProof: 'a+b=' });
    await answered;
    expect(payloads).toEqual([Uint8Array.of(0, 1, 2)]);
    const [{ request } = expect.fail('no request')] = seen;
    expect(`${request.method} ${request.url}`).toBe('GET /pixstore-image/cats%3Atom');
    expect(request.headers).toMatchObject({ 'x-pixstore-proof': 'a+b=', 'x-pixstore-token': '7' });
  });

  test.each(['https://app.example.com', 'same-origin'])('%s is the origin of the page', async (name) => {
    vi.stubGlobal('origin', 'https://app.example.com');
    const { fetch, requests } = createFakeEndpoint(answerWith(payloadOf));
    // The port that a scheme has anyway makes no other origin.
    const own = { ...host, defaultEndpointConnectHost: name, defaultEndpointConnectPort: 443 };
    await askIds(createEndpoint({ ...own, fetch, now: Date.now }), 'a').answered;
    expect(requests.map(({ method }) => method)).toEqual(['GET']);
    expect(requests[0]?.url).toMatch(/^https:\/\/app\.example\.com(:443)?\/pixstore-image\/a$/);
  });

  test('more are a batch of more', async () => {
    body = frames('a', 'b');
    const { answered, payloads } = askIds(endpoint, 'a', 'b');
    await answered;
    expect(payloads).toEqual(['a', 'b'].map(payloadOf));
    const [{ request, body: sent } = expect.fail('no request')] = seen;
    expect(`${request.method} ${request.url}`).toBe('POST /pixstore-image');
    expect(request.headers['content-type']).toMatch(/^text\/plain/);
    expect(JSON.parse(sent)).toEqual({
      version: 1,
      images: [
        { id: 'a', token: 7, proof: 'proof-of-a' },
        { id: 'b', token: 7, proof: 'proof-of-b' },
      ],
    });
  });

  test('an answer other than 200 is FETCH_FAILED and names the status', async () => {
    status = 403;
    await expect(askIds(endpoint, 'a').answered).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringMatching(/HTTP status 403/),
    });
  });

  test('no answer is FETCH_FAILED and names the origin, not the proof', async () => {
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const error = await ask(endpoint, { ...recordOf('a'), statelessProof: 'a+b' }).answered.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'FETCH_FAILED', cause: expect.any(TypeError) });
    expect(String(error)).toContain(`http://127.0.0.1:${port}`);
    expect(String(error)).not.toContain('a%2Bb');
    server = createServer().listen(0);
  });
});

test('it asks for no cache, no cookies, no redirect and no referrer, with a priority and without headers', async () => {
  const { endpoint, requests } = fakeEndpoint(answerWith(payloadOf));
  await askIds(endpoint, 'a').answered;
  await askIds(endpoint, 'a', 'b').answered;
  for (const { init } of requests) {
    expect(init).toMatchObject({ cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' });
    expect(init).toMatchObject({ redirect: 'manual' });
    expect(init).toMatchObject({ priority: 'auto', signal: expect.any(AbortSignal) });
    expect(init).not.toHaveProperty('headers');
  }
});

test('frameworks that want a slash at the end of every path, or none, are asked so, once they have redirected', async () => {
  vi.stubGlobal('origin', 'http://127.0.0.1:7482');
  let wanted = '/';
  const { endpoint, requests } = fakeEndpoint(redirecting((path) => path.endsWith('/') !== (wanted === '/')));
  for (wanted of ['/', '']) {
    const before = requests.length;
    for (const ids of [['a'], ['a', 'b'], ['b']]) {
      const { payloads, answered } = askIds(endpoint, ...ids);
      await answered;
      expect(payloads).toEqual(ids.map(payloadOf));
    }
    const paths = requests.slice(before).map(({ url }) => new URL(url).pathname);
    const asked = ['/pixstore-image/a', '/pixstore-image', '/pixstore-image/b'].map((path) => path + wanted);
    expect(paths).toEqual([wanted ? '/pixstore-image/a' : '/pixstore-image/a/', ...asked]);
  }
});

test('where both forms of a path redirect, neither is followed', async () => {
  const { endpoint, requests } = fakeEndpoint(redirecting(() => true));
  const error = await askIds(endpoint, 'a', 'b').answered.catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'FETCH_FAILED', message: expect.stringContaining('redirects') });
  expect(new Set(requests.map(({ url }) => new URL(url).host))).toEqual(new Set(['127.0.0.1:7482']));
});

test('a fetch that does not stream gets a batch in one piece, and then images one by one', async () => {
  const endpoint = createEndpoint({
    ...host,
    now: Date.now,
    fetch: async (_, init) => {
      const response = new Response(new Uint8Array(init?.body ? frames('a', 'b') : payloadOf('a')));
      return { status: 200, body: null, arrayBuffer: () => response.arrayBuffer() } as Response;
    },
  });
  const { payloads, answered } = askIds(endpoint, 'a', 'b');
  await answered;
  expect(payloads).toEqual([payloadOf('a'), payloadOf('b')]);
  expect(endpoint.takesBatches(), 'it shows no progress').toBe(false);
});

test('progress is told of with every chunk of one image, too', async () => {
  vi.stubGlobal('origin', 'http://127.0.0.1:7482');
  const { endpoint, requests } = fakeEndpoint();
  const told: number[] = [];
  const { signal } = new AbortController();
  const answered = endpoint.ask([recordOf('a')], { priority: 'auto', signal }, (payloads) => {
    told.push(payloads.length);
  });
  requests[0]?.send(Uint8Array.of(0));
  await expect.poll(() => told).toEqual([0]);
  requests[0]?.send(Uint8Array.of(1, 2));
  requests[0]?.end();
  await answered;
  expect(told).toEqual([0, 0, 1]);
});

describe('a failure may be repeated', () => {
  const passing = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530];

  test.each(passing)('when the status is %i, for one image and for more', async (status) => {
    const { endpoint, methods } = fakeEndpoint((request) => request.respond('', status));
    await expect(askIds(endpoint, 'a').answered).rejects.toSatisfy(isTransient);
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toSatisfy(isTransient);
    expect(endpoint.takesBatches()).toBe(true);
    expect(methods()).toEqual(['POST', 'POST']);
  });

  test('and not before the time that the answer names, in seconds or as a date', async () => {
    const { endpoint, clock } = fakeEndpoint((request) => {
      const date = new Date(clock.time + 7000).toUTCString();
      request.respond('', 503, { 'retry-after': request.ids[0] === 'a' ? '3' : date });
    });
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toMatchObject({ retryAfter: 3000 });
    await expect(askIds(endpoint, 'b', 'a').answered).rejects.toMatchObject({ retryAfter: 7000 });
  });

  test.each(['', 'soon', '-5', 'Tue, 01 Jan 1980 00:00:00 GMT'])(
    'whenever it names no such time: "%s"',
    async (name) => {
      const { endpoint } = fakeEndpoint((request) => request.respond('', 503, { 'retry-after': name }));
      await expect(askIds(endpoint, 'a', 'b').answered).rejects.toMatchObject({ retryAfter: 0 });
    },
  );

  test('when there was no answer, or it was cut off', async () => {
    const { endpoint, requests } = fakeEndpoint();
    const { answered, payloads } = askIds(endpoint, 'a', 'b');
    requests[0]?.send(frames('a'));
    await expect.poll(() => payloads.length).toBe(1);
    requests[0]?.cut();
    await expect(answered).rejects.toSatisfy(isTransient);
    expect(payloads.map((payload) => [...payload])).toEqual([[...payloadOf('a')]]);
    expect(requests).toHaveLength(1);
  });

  test('when an answer ends early without being cut off', async () => {
    const { endpoint } = fakeEndpoint((request) => request.respond(frames('a')));
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toSatisfy(isTransient);
  });

  test('when `fetch` throws before it promises anything', async () => {
    const fetch = () => {
      throw new TypeError('offline');
    };
    const endpoint = createEndpoint({ ...host, now: Date.now, fetch });
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toSatisfy(isTransient);
  });

  test.each([401, 402, 403, 404, 407, 410, 451, 501])('but not when the endpoint refused by %i', async (status) => {
    const { endpoint } = fakeEndpoint((request) => request.respond('', status));
    const error = await askIds(endpoint, 'a', 'b').answered.catch((thrown) => thrown);
    expect(error).not.toSatisfy(isTransient);
    expect(error).toMatchObject({ code: 'FETCH_FAILED', message: expect.stringContaining(`${status}`) });
  });
});

describe('a backend that takes no batches', () => {
  const refusals: [string, (request: FakeRequest) => void][] = [
    ['a backend of 3.x (404)', (request) => request.respond('Not found.', 404)],
    ['a backend of 3.x (405)', (request) => request.respond('Method not allowed.', 405)],
    ['what guards forms (403)', (request) => request.respond('Forbidden', 403)],
    ['what parses bodies (415)', (request) => request.respond('Unsupported Media Type', 415)],
    ['a server that knows GET only (501)', (request) => request.respond('', 501)],
  ];

  test.each(refusals)(
    'is known by the refusal of %s where one image is given: once, and for a minute',
    async (_, refuse) => {
      const { endpoint, clock, methods } = fakeEndpoint(byMethod(refuse));
      const { answered, payloads } = askIds(endpoint, 'a', 'b');
      await answered;
      expect(payloads, 'the one that was asked for to find out').toEqual([payloadOf('a')]);
      expect(endpoint.takesBatches()).toBe(false);
      await askIds(endpoint, 'c').answered;
      expect(methods()).toEqual(['POST', 'GET', 'GET']);
      clock.time += 60_000;
      expect(endpoint.takesBatches()).toBe(true);
    },
  );

  test('refuses a batch of one as well', async () => {
    const { endpoint, methods } = fakeEndpoint(byMethod((request) => request.respond('', 403)));
    const { answered, payloads } = askIds(endpoint, 'a');
    await answered;
    expect(payloads).toEqual([payloadOf('a')]);
    expect(methods()).toEqual(['POST', 'GET']);
  });

  test('is known again, though it took them before', async () => {
    let isOld = false;
    const { endpoint } = fakeEndpoint(
      byMethod((request) => (isOld ? request.respond('', 405) : answerWith(payloadOf)(request))),
    );
    await askIds(endpoint, 'a', 'b').answered;
    isOld = true;
    await askIds(endpoint, 'a', 'b').answered;
    expect(endpoint.takesBatches()).toBe(false);
  });

  test.each<[string, (request: FakeRequest) => void]>([
    ['no answer, as browsers see one without CORS headers', (request) => request.fail()],
    ['an HTML page', (request) => request.respond('<!doctype html><title>App</title>')],
    ['a payload that says that there is no id', (request) => request.respond(Uint8Array.of(3))],
    ['no bytes', (request) => request.respond('')],
  ])('is known when a batch gets %s, twice, and one image is given', async (_, respond) => {
    const { endpoint, methods } = fakeEndpoint(byMethod(respond));
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toSatisfy(isTransient);
    expect(endpoint.takesBatches(), 'once may be chance').toBe(true);
    await askIds(endpoint, 'a', 'b').answered;
    expect(endpoint.takesBatches()).toBe(false);
    expect(methods()).toEqual(['POST', 'POST', 'GET']);
  });

  test('is not concluded from batches that failed together', async () => {
    const { endpoint, requests } = fakeEndpoint(byMethod(() => {}));
    const all = ['a', 'b', 'c'].map((id) => askIds(endpoint, id, `${id}2`).answered);
    for (const request of requests) request.fail();
    for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected');
    expect(endpoint.takesBatches()).toBe(true);
    expect(requests).toHaveLength(3);
  });

  test('is not concluded from a network that is down', async () => {
    const { endpoint } = fakeEndpoint((request) => request.fail());
    for (const _time of [1, 2, 3]) {
      await expect(askIds(endpoint, 'a', 'b').answered).rejects.toSatisfy(isTransient);
    }
    expect(endpoint.takesBatches()).toBe(true);
  });

  test('is not concluded from requests that were aborted', async () => {
    const { endpoint, requests } = fakeEndpoint();
    const abort = new AbortController();
    const records = ['a', 'b'].map(recordOf);
    const answered = endpoint.ask(records, { priority: 'auto', signal: abort.signal }, () => {});
    abort.abort();
    await expect(answered).rejects.toThrow();
    expect(endpoint.takesBatches()).toBe(true);
    expect(requests).toHaveLength(1);
  });

  test.each([400, 403, 404, 405])(
    'is not concluded where one image gets the same %i: all fail with it',
    async (status) => {
      const { endpoint, requests } = fakeEndpoint((request) => request.respond('', status));
      await expect(askIds(endpoint, 'a', 'b', 'c').answered).rejects.toMatchObject({
        code: 'FETCH_FAILED',
        message: expect.stringContaining(`HTTP status ${status}`),
      });
      expect(endpoint.takesBatches()).toBe(true);
      expect(requests).toHaveLength(2);
    },
  );

  test('is not concluded from somebody who is not logged in: 401 is asked no second time', async () => {
    const { endpoint, requests } = fakeEndpoint((request) => request.respond('', 401));
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toMatchObject({
      message: expect.stringContaining('401'),
    });
    expect(endpoint.takesBatches()).toBe(true);
    expect(requests).toHaveLength(1);
  });
});
