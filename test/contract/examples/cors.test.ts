import { describe, expect, it } from 'vitest';
import { ask, save, start } from './support/default-instance.js';

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
