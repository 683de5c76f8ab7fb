import { describe, expect, it } from 'vitest';
import { createFetchHandler, createNodeHandler } from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { photo } from '../../support/photos.js';
import { ask, save, start } from './support/default-instance.js';
import { listen } from './support/listen.js';

describe('accessControlAllowOrigin', () => {
  async function headersFor(accessControlAllowOrigin: string | string[] | undefined, origin: string) {
    const { backend, url } = await start({ accessControlAllowOrigin });
    const { response } = await ask(url, await save(), { headers: { Origin: origin } });
    await backend.close();
    return { origin: response.headers.get('access-control-allow-origin'), vary: response.headers.get('vary') };
  }

  it('lets the pages of every origin in by default', async () => {
    expect(await headersFor(undefined, 'https://any.example')).toEqual({ origin: '*', vary: null });
  });

  it('names the one origin it is given, whoever asks', async () => {
    const expected = { origin: 'https://app.example', vary: null };
    expect(await headersFor('https://app.example', 'https://app.example')).toEqual(expected);
    expect(await headersFor('https://app.example', 'https://other.example')).toEqual(expected);
  });

  it('reflects those of a list, says so to caches, and names none to others', async () => {
    const list = ['https://app.example', 'http://localhost:5173'];
    expect(await headersFor(list, 'http://localhost:5173')).toEqual({
      origin: 'http://localhost:5173',
      vary: 'Origin',
    });
    expect(await headersFor(list, 'https://other.example')).toEqual({ origin: null, vary: 'Origin' });
  });

  it('allows its own two headers in a preflight, which browsers may remember for a day', async () => {
    const { url } = await start({ accessControlAllowOrigin: ['https://app.example'] });
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
    const { response } = await ask(url, { id: 'any' }, { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('access-control-allow-methods')).toContain('GET');
    expect(response.headers.get('access-control-allow-headers')).toBe('x-pixstore-proof, x-pixstore-token');
    expect(response.headers.get('access-control-max-age')).toBe('86400');
  });
});

describe('a page whose origin is not named', () => {
  const allowed = 'https://app.example';
  const others = [
    'https://evil.example',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'https://app.example@evil.example',
    'https://evil.app.example',
    'https://APP.example',
    'https://app.example/',
    'https://app.example, https://evil.example',
    'https://app.exampl',
    'app.example',
    'null',
    '*',
    '',
  ];

  type Send = (path: string, init?: RequestInit) => Promise<Response>;
  const handlers: [string, (backend: Awaited<ReturnType<typeof openBackend>>) => Promise<Send>][] = [
    [
      'createNodeHandler',
      async (backend) => {
        const images = createNodeHandler(backend, { route: '/images', metrics: () => true });
        const { url } = await listen((request, response) => images(request, response));
        return (path, init) => fetch(`${url}${path}`, init);
      },
    ],
    [
      'createFetchHandler',
      async (backend) => {
        const images = createFetchHandler(backend, { route: '/images', metrics: () => true });
        return async (path, init) => images(new Request(`http://images.test${path}`, init));
      },
    ],
  ];

  it.each(handlers)('may read no answer of %s, whatever it asks, with cookies or without', async (_, open) => {
    for (const accessControlAllowOrigin of [[allowed, 'https://admin.example'], allowed]) {
      const backend = await openBackend({ accessControlAllowOrigin, metrics: true });
      const { id, token, statelessProof } = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
      const send = await open(backend);
      const image = `/images/${id}?proof=${statelessProof}`;
      const asked: [string, RequestInit][] = [
        [`${image}&token=${token}`, {}],
        [image, {}],
        [image, { method: 'HEAD' }],
        [image, { method: 'OPTIONS' }],
        [image, { method: 'DELETE' }],
        [`${image}&token=NaN`, {}],
        [`/images/${id}`, {}],
        ['/images', { method: 'POST', body: JSON.stringify({ version: 1, images: [{ id, proof: statelessProof }] }) }],
        ['/images', { method: 'POST', body: 'none' }],
        ['/images/-/health', {}],
        ['/images/-/metrics', {}],
        ['/elsewhere', {}],
      ];
      for (const origin of others) {
        for (const [path, init] of asked) {
          const { headers } = await send(path, { ...init, headers: { origin, cookie: 'session=anna' } });
          const named = headers.get('access-control-allow-origin');
          // An answer that names another origin than that of the page is read by no browser.
          expect([null, allowed], `${origin} ${path}`).toContain(named);
          expect(named).not.toBe(origin);
          expect(headers.get('access-control-allow-credentials')).toBeNull();
          expect(headers.get('access-control-allow-private-network')).toBeNull();
        }
      }
    }
  });
});
