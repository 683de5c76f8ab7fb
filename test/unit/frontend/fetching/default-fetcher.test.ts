import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDefaultFetcher } from '../../../../src/frontend/fetching/default-fetcher.js';

const record = { id: 'cats:tom', token: 7, meta: { key: '', iv: '', tag: '' }, statelessProof: 'a+b=' };
const route = { defaultEndpointRoute: '/pixstore-image' };
let server: Server;
let port: number;
let requests: IncomingMessage[];
let status: number;

beforeEach(async () => {
  requests = [];
  status = 200;
  server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status).end(Uint8Array.of(0, 1, 2));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const fetchFrom = (host: string, port: number, fetch?: typeof globalThis.fetch) =>
  createDefaultFetcher({
    defaultEndpointConnectHost: host,
    defaultEndpointConnectPort: port,
    ...route,
    ...(fetch && { fetch }),
  })(record, undefined, new AbortController().signal);

test('it sends one GET with proof and token in the query, and returns the bytes', async () => {
  expect(await fetchFrom('127.0.0.1', port)).toEqual(Uint8Array.of(0, 1, 2));
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /pixstore-image/cats%3Atom?proof=a%2Bb%3D&token=7',
  ]);
});

test('it asks for no cache, no cookies and no referrer', async () => {
  const spy = vi.fn(fetch);
  await fetchFrom('127.0.0.1', port, spy);
  const init = spy.mock.calls[0]?.[1];
  expect(init).toMatchObject({ cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' });
  expect(init).not.toHaveProperty('headers');
});

test('an answer other than 200 is FETCH_FAILED and names the status', async () => {
  status = 503;
  await expect(fetchFrom('127.0.0.1', port)).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringMatching(/HTTP status 503/),
  });
});

test('no answer is FETCH_FAILED and names the origin, not the proof', async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const error = await fetchFrom('127.0.0.1', port).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'FETCH_FAILED', cause: expect.any(TypeError) });
  expect(String(error)).toContain(`http://127.0.0.1:${port}`);
  expect(String(error)).not.toContain('a%2Bb');
  server = createServer().listen(0);
});
