import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEndpoint, type Endpoint } from '../../../../src/frontend/fetching/endpoint.js';
import { TransientError } from '../../../../src/frontend/fetching/errors.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { answerWith, createFakeEndpoint, encodeFrame, type FakeRequest, payloadOf, recordOf } from './fake-endpoint.js';

const host = { defaultEndpointConnectHost: '127.0.0.1', defaultEndpointRoute: '/pixstore-image' };
const frames = (...ids: string[]) => Buffer.concat(ids.map((id) => encodeFrame(payloadOf(id))));

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
  return { endpoint: createEndpoint({ ...host, defaultEndpointConnectPort: 7482, fetch }), requests };
}

describe('over a real connection', () => {
  let server: Server;
  let endpoint: Endpoint;
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
    endpoint = createEndpoint({ ...host, defaultEndpointConnectPort: (server.address() as AddressInfo).port });
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('one image is a GET with proof and token in the query', async () => {
    body = Uint8Array.of(0, 1, 2);
    const { answered, payloads } = ask(endpoint, { ...recordOf('cats:tom'), statelessProof: 'a+b=' });
    await answered;
    expect(payloads).toEqual([Uint8Array.of(0, 1, 2)]);
    expect(seen.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
      'GET /pixstore-image/cats%3Atom?proof=a%2Bb%3D&token=7',
    ]);
  });

  test('more are a POST that needs no preflight', async () => {
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

test('it asks for no cache, no cookies and no referrer, with a priority and without headers', async () => {
  const { endpoint, requests } = fakeEndpoint(answerWith(payloadOf));
  await askIds(endpoint, 'a').answered;
  await askIds(endpoint, 'a', 'b').answered;
  for (const { init } of requests) {
    expect(init).toMatchObject({ cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' });
    expect(init).toMatchObject({ priority: 'auto', signal: expect.any(AbortSignal) });
    expect(init).not.toHaveProperty('headers');
  }
});

test('a fetch that does not stream gets its images one by one', async () => {
  const endpoint = createEndpoint({
    ...host,
    defaultEndpointConnectPort: 7482,
    fetch: async (_, init) => {
      const response = new Response(new Uint8Array(init?.body ? frames('a', 'b') : payloadOf('a')));
      return { status: 200, body: null, arrayBuffer: () => response.arrayBuffer() } as Response;
    },
  });
  await askIds(endpoint, 'a', 'b').answered;
  expect(endpoint.takesBatches()).toBe(false);
  const { answered, payloads } = askIds(endpoint, 'a');
  await answered;
  expect(payloads).toEqual([payloadOf('a')]);
});

describe('a failure may be repeated', () => {
  test.each([429, 502, 503, 504])('when the status is %i, for one image and for more', async (status) => {
    const { endpoint } = fakeEndpoint((request) => request.respond('', status));
    await expect(askIds(endpoint, 'a').answered).rejects.toBeInstanceOf(TransientError);
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toBeInstanceOf(TransientError);
    expect(endpoint.takesBatches()).toBe(true);
  });

  test('when there was no answer, or it was cut off', async () => {
    const { endpoint, requests } = fakeEndpoint();
    const silent = askIds(endpoint, 'a').answered;
    requests[0]?.fail();
    await expect(silent).rejects.toBeInstanceOf(TransientError);
    const { answered, payloads } = askIds(endpoint, 'a', 'b');
    requests[1]?.send(frames('a'));
    await expect.poll(() => payloads.length).toBe(1);
    requests[1]?.cut();
    await expect(answered).rejects.toBeInstanceOf(TransientError);
    expect(payloads.map((payload) => [...payload])).toEqual([[...payloadOf('a')]]);
  });

  test('when an answer ends early without being cut off', async () => {
    const { endpoint } = fakeEndpoint((request) => request.respond(frames('a')));
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toBeInstanceOf(TransientError);
  });

  test('but not when the endpoint refused', async () => {
    const { endpoint } = fakeEndpoint((request) => request.respond('', 403));
    const error = await askIds(endpoint, 'a').answered.catch((thrown) => thrown);
    expect(error).not.toBeInstanceOf(TransientError);
  });
});

describe('a backend without batches', () => {
  test.each([
    ['status 404', (request: FakeRequest) => request.respond('Not found.', 404)],
    ['status 405', (request: FakeRequest) => request.respond('Method not allowed.', 405)],
    ['an HTML page', (request: FakeRequest) => request.respond('<!doctype html><title>App</title>')],
    ['a payload that says that there is no id', (request: FakeRequest) => request.respond(Uint8Array.of(3))],
    ['no bytes', (request: FakeRequest) => request.respond('')],
  ])('is known by %s, once', async (_, respond) => {
    const { endpoint } = fakeEndpoint(respond);
    const { answered, payloads } = askIds(endpoint, 'a', 'b');
    await answered;
    expect(payloads).toEqual([]);
    expect(endpoint.takesBatches()).toBe(false);
  });

  test('is found out when it gives no answer to a batch, but one to a single request', async () => {
    // A browser keeps an answer without CORS headers to itself.
    const { endpoint } = fakeEndpoint((request) =>
      request.method === 'POST' ? request.fail() : answerWith(payloadOf)(request),
    );
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toBeInstanceOf(TransientError);
    await expect(askIds(endpoint, 'c', 'd').answered).rejects.toBeInstanceOf(TransientError);
    expect(endpoint.takesBatches()).toBe(false);
    await askIds(endpoint, 'a').answered;
    expect(endpoint.takesBatches()).toBe(false);
  });

  test('is not concluded from a network that is down', async () => {
    const { endpoint } = fakeEndpoint((request) => request.fail());
    await expect(askIds(endpoint, 'a', 'b').answered).rejects.toBeInstanceOf(TransientError);
    await expect(askIds(endpoint, 'a').answered).rejects.toBeInstanceOf(TransientError);
    expect(endpoint.takesBatches()).toBe(true);
  });

  test('is not concluded from requests that were aborted', async () => {
    const { fetch } = createFakeEndpoint();
    const endpoint = createEndpoint({ ...host, defaultEndpointConnectPort: 7482, fetch });
    const abort = new AbortController();
    const records = ['a', 'b'].map(recordOf);
    const answered = endpoint.ask(records, { priority: 'auto', signal: abort.signal }, () => {});
    abort.abort();
    await expect(answered).rejects.toThrow();
    expect(endpoint.takesBatches()).toBe(true);
  });
});

test('a backend that answered batches before is not given up for one refusal', async () => {
  const { endpoint, requests } = fakeEndpoint();
  const first = askIds(endpoint, 'a', 'b').answered;
  requests[0]?.respond(frames('a', 'b'));
  await first;
  const second = askIds(endpoint, 'a', 'b').answered;
  requests[1]?.respond('', 500);
  await expect(second).rejects.toMatchObject({ code: 'FETCH_FAILED', message: expect.stringContaining('500') });
  expect(endpoint.takesBatches()).toBe(true);
});
