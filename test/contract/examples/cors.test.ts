import { describe, expect, it } from 'vitest';
import {
  type BackendConfig,
  createFetchHandler,
  createNodeHandler,
  type HandlerOptions,
} from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';
import { ask, save, start } from './support/default-instance.js';
import { listen } from './support/listen.js';

describe('accessControlAllowOrigin', () => {
  async function headersFor(accessControlAllowOrigin: string | string[] | undefined, origin: string) {
    const { backend, url } = await start({ ...(accessControlAllowOrigin && { accessControlAllowOrigin }) });
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

  it('is compared as an origin, however it is written', async () => {
    const expected = { origin: 'https://app.example', vary: null };
    expect(await headersFor('https://APP.example:443', 'https://app.example')).toEqual(expected);
    const list = ['HTTPS://App.Example:443', 'http://localhost:80', 'http://localhost:5173', 'capacitor://LOCALHOST'];
    for (const origin of [
      'https://app.example',
      'http://localhost',
      'http://localhost:5173',
      'capacitor://localhost',
    ]) {
      expect(await headersFor(list, origin)).toEqual({ origin, vary: 'Origin' });
    }
    expect(await headersFor(list, 'https://app.example:8443')).toEqual({ origin: null, vary: 'Origin' });
  });

  it('that did not arrive, or is none, is refused by name', async () => {
    for (const origin of [
      undefined,
      '',
      'app.example',
      'https://a@app.example',
      'https://app.example/path',
      'https://:x',
    ]) {
      const error = await failure('CONFIG_INVALID', () => openBackend({ accessControlAllowOrigin: origin as string }));
      expect(error.message).toContain('accessControlAllowOrigin');
    }
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

describe('accessControlAllowCredentials and accessControlAllowHeaders', () => {
  const allowed = 'https://app.example';

  async function preflight(config: BackendConfig, options: HandlerOptions<Request> = {}, origin = allowed) {
    const backend = await openBackend({ accessControlAllowOrigin: [allowed, 'https://admin.example'], ...config });
    const images = createFetchHandler(backend, options);
    const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-csrf-token' };
    const { headers } = await images(new Request('http://images.test/images', { method: 'OPTIONS', headers: asked }));
    return {
      headers: headers.get('access-control-allow-headers'),
      cookies: headers.get('access-control-allow-credentials'),
    };
  }

  it('let cookies through, for named origins only', async () => {
    expect((await preflight({})).cookies).toBeNull();
    const config = { accessControlAllowCredentials: true };
    expect((await preflight(config)).cookies).toBe('true');
    expect((await preflight(config, {}, 'https://evil.example')).cookies).toBeNull();
    const backend = await openBackend({ accessControlAllowOrigin: allowed, ...config });
    const answer = await createFetchHandler(backend)(
      new Request('http://images.test/any', { headers: { origin: allowed, cookie: 'session=anna' } }),
    );
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
  });

  it('are refused together with "*", by both names', async () => {
    for (const accessControlAllowOrigin of ['*', [allowed, '*']]) {
      const error = await failure('CONFIG_INVALID', () =>
        openBackend({ accessControlAllowOrigin, accessControlAllowCredentials: true }),
      );
      expect(error.message).toMatch(/accessControlAllowCredentials.*accessControlAllowOrigin/);
    }
    const error = await failure('CONFIG_INVALID', () => openBackend({ accessControlAllowCredentials: true }));
    expect(error.message).toContain('accessControlAllowOrigin');
  });

  it('let named headers through, and authorization wherever the application checks anything', async () => {
    const own = 'x-pixstore-proof, x-pixstore-token';
    expect((await preflight({})).headers).toBe(own);
    expect((await preflight({ accessControlAllowHeaders: ['X-CSRF-Token', 'x-trace'] })).headers).toBe(
      `x-csrf-token, x-trace, ${own}`,
    );
    expect((await preflight({}, { authorize: () => true })).headers).toBe(`authorization, ${own}`);
    expect((await preflight({}, { audience: () => 'anna' })).headers).toBe(`authorization, ${own}`);
    const twice = await preflight({ accessControlAllowHeaders: ['Authorization'] }, { audience: () => 'anna' });
    expect(twice.headers).toBe(`authorization, ${own}`);
    for (const names of ['x-csrf-token', ['a b'], ['x\r\ny'], [7]]) {
      const error = await failure('CONFIG_INVALID', () =>
        openBackend({ accessControlAllowHeaders: names as string[] }),
      );
      expect(error.message).toContain('accessControlAllowHeaders');
    }
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
