import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEndpoint } from '../../support/endpoint.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { sendRaw, sendRequest } from '../../support/raw-http.js';

const route = '/pixstore-image';

describe('ids that are none', () => {
  const odd: [string, string][] = [
    ['a lone percent sign', '%'],
    ['a cut-off escape', '%2'],
    ['NUL', '%00'],
    ['a newline', 'a%0ab'],
    ['the folder above', '..'],
    ['a path out of the folder', '../../../../etc/passwd'],
    ['the same, escaped', '..%2f..%2f..%2fetc%2fpasswd'],
    ['bytes that are no UTF-8', '%ff%fe'],
    ['10,000 characters', 'a'.repeat(10_000)],
    ['a slash more', '/any'],
    ['a name of JavaScript', '__proto__'],
  ];

  it.each(odd)('%s: answered as an id nobody has, proof or not', async (_, id) => {
    const endpoint = await startEndpoint();
    const { port, proof } = endpoint;
    const bare = await sendRequest(port, 'GET', `${route}/${id}`);
    expect([bare.status, stateOf(bare.body)]).toEqual([200, 'MissingProof']);
    const proven = await sendRequest(port, 'GET', `${route}/${id}?proof=${proof}`);
    expect([proven.status, stateOf(proven.body)]).toEqual([200, 'InvalidProof']);
    expect(await endpoint.isIntact()).toBe(true);
  });

  it.each(odd)('%s: not found either where proofs are switched off', async (_, id) => {
    const { port } = await startEndpoint('coffee.webp', { statelessKeyWindowLength: -1 });
    const { status, body } = await sendRequest(port, 'GET', `${route}/${id}`);
    expect([status, stateOf(body)]).toEqual([200, 'NotFound']);
  });

  it.each([route, `${route}/`, `${route}?token=1`])('none at all (%s)', async (target) => {
    const { port } = await startEndpoint();
    const { status, body } = await sendRequest(port, 'GET', target);
    expect([status, stateOf(body)]).toEqual([200, 'MissingID']);
  });
});

describe('targets and methods', () => {
  it.each([
    '/',
    '//',
    `/${route}/any`,
    '/favicon.ico',
    `${route}s/any`,
    '/PIXSTORE-IMAGE/any',
    '/%70ixstore-image/any',
  ])('%s is not found, by any method', async (target) => {
    const { port } = await startEndpoint();
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']) {
      expect((await sendRequest(port, method, target)).status).toBe(404);
    }
  });

  it('the absolute form of a URL, which HTTP/1.1 servers must accept, is served', async () => {
    const { port, goodTarget } = await startEndpoint();
    const { status, body } = await sendRequest(port, 'GET', `http://images.test${goodTarget}`);
    expect([status, stateOf(body)]).toEqual([200, 'Success']);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'])('%s is refused, and told what is allowed', async (method) => {
    const { port, goodTarget } = await startEndpoint();
    const { status, headers } = await sendRequest(port, method, goodTarget, ['Content-Length: 0']);
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  it('HEAD is told all about the answer, and gets none of it', async () => {
    const { port, goodTarget } = await startEndpoint();
    const get = await sendRequest(port, 'GET', goodTarget);
    const head = await sendRequest(port, 'HEAD', goodTarget);
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    expect(head.headers['content-length']).toBe(String(get.body.length));
  });

  it('OPTIONS needs no proof, and reveals nothing', async () => {
    const { port, path } = await startEndpoint();
    const existing = await sendRequest(port, 'OPTIONS', path);
    const other = await sendRequest(port, 'OPTIONS', `${route}/nobody`);
    expect(existing.status).toBe(204);
    expect(existing).toEqual({ ...other, headers: { ...other.headers, date: existing.headers.date } });
  });
});

describe('bytes that are no HTTP', () => {
  it.each([
    ['a raw newline in the path', `GET ${route}/a\nb HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a raw NUL in the path', `GET ${route}/a\0b HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['no Host', `GET ${route}/a HTTP/1.1\r\nConnection: close\r\n\r\n`],
    ['a header without a name', `GET ${route}/a HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n`],
    ['two different lengths', `GET ${route}/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`],
  ])('%s: 400', async (_, bytes) => {
    const endpoint = await startEndpoint();
    expect((await sendRaw(endpoint.port, bytes)).status).toBe(400);
    expect(await endpoint.isIntact()).toBe(true);
  });

  it('headers of 100,000 characters: 431', async () => {
    const endpoint = await startEndpoint();
    const { status } = await sendRequest(endpoint.port, 'GET', endpoint.path, [
      `x-pixstore-proof: ${'a'.repeat(100_000)}`,
    ]);
    expect(status).toBe(431);
    expect(await endpoint.isIntact()).toBe(true);
  });

  it('a client that hangs up in the middle is no concern', async () => {
    const endpoint = await startEndpoint();
    await sendRaw(endpoint.port, `GET ${endpoint.path}?proof=`, true);
    expect(await endpoint.isIntact()).toBe(true);
  });
});

describe('tokens that are none', () => {
  it.each([
    ...['NaN', '1e400', '-1', '12abc', '1.5', '0x10', ' 1', '9007199254740993'].map((token) => [token, token] as const),
    ['400 digits', '9'.repeat(400)] as const,
  ])('%s: 400 with a sentence, and nothing stored is touched', async (_, token) => {
    const endpoint = await startEndpoint();
    const { port, path, proof } = endpoint;
    const response = await fetch(`http://127.0.0.1:${port}${path}?${new URLSearchParams({ proof, token })}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toMatch(/^The token of an image request must be a whole number.*\.\n$/);
    expect(await endpoint.isIntact()).toBe(true);
  });

  it('the proof comes first: a stranger learns nothing from a bad token', async () => {
    const { port, path } = await startEndpoint();
    const { status, body } = await sendRequest(port, 'GET', `${path}?proof=made-up&token=NaN`);
    expect([status, stateOf(body)]).toEqual([200, 'InvalidProof']);
  });
});

describe('proofs that are not good', () => {
  it.each([
    ['no proof', undefined, 'MissingProof'],
    ['an empty one', () => '', 'MissingProof'],
    ['one made up', () => 'a'.repeat(43), 'InvalidProof'],
    ['that of another image', (another: string) => another, 'InvalidProof'],
    ['one with a letter more', (another: string) => `${another}a`, 'InvalidProof'],
  ])('%s: the same bytes, whether the id exists or not', async (_, makeProof, state) => {
    const { backend, port, path } = await startEndpoint();
    const another = (await backend.saveImage(photo('brick.webp'), { id: 'another' }))?.statelessProof ?? '';
    const query = makeProof ? `?proof=${makeProof(another)}` : '';
    const existing = await sendRequest(port, 'GET', path + query);
    const missing = await sendRequest(port, 'GET', `${path}x${query}`);
    expect([existing.status, stateOf(existing.body)]).toEqual([200, state]);
    expect({ ...existing, headers: { ...existing.headers, date: '' } }).toEqual({
      ...missing,
      headers: { ...missing.headers, date: '' },
    });
  });

  it('one that expired: the same bytes again', async () => {
    let time = 1_700_000_000_000;
    const { port, path, proof } = await startEndpoint('coffee.webp', {
      statelessKeyWindowLength: 20_000,
      now: () => time,
    });
    time += 60_000;
    for (const target of [path, `${path}x`]) {
      const { status, body } = await sendRequest(port, 'GET', `${target}?proof=${proof}`);
      expect([status, [...body]]).toEqual([200, [5]]);
    }
  });

  it('a good proof of an image that was deleted: not found', async () => {
    const { backend, record, port, goodTarget } = await startEndpoint();
    await backend.deleteImage(record.id);
    const { status, body } = await sendRequest(port, 'GET', goodTarget);
    expect([status, stateOf(body)]).toEqual([200, 'NotFound']);
  });
});

describe('what is logged and answered when the store fails', () => {
  it('names the fault, and no proof, key or path', async () => {
    const { own, port, goodTarget, secrets } = await startEndpoint('cat.png');
    for (const name of await readdir(own.imageRootDir, { recursive: true })) {
      await rm(join(own.imageRootDir, name), { recursive: true, force: true });
    }
    const { status, body } = await sendRequest(port, 'GET', goodTarget);
    expect([status, stateOf(body)]).toEqual([200, 'InternalError']);
    const log = own.logger.lines.join('\n');
    expect(log).toContain('CIPHERTEXT_MISSING');
    for (const secret of secrets) expect(log).not.toContain(secret);
  });
});
