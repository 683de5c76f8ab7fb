import { describe, expect, it } from 'vitest';
import { createFetchHandler, createNodeHandler, type PixstoreBackend } from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { failure } from '../../support/errors.js';
import { ownOptions } from '../../support/options.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { withMorePixels } from '../../support/small-picture.js';
import {
  expressApp,
  expressWithParsers,
  fastifyApp,
  honoApp,
  nextRoute,
  nodeHttp,
  nodeHttp2,
  type StartApp,
} from './apps.js';
import { askFor, askForMany, imageUrl, type Send, sendHttp2 } from './ask.js';
import { signIn } from './clinic.js';

/** No server: requests go straight to the handlers that a route file exports. */
const startNext: StartApp = async (backend) => {
  routes = nextRoute(backend);
  return 'https://clinic.example/images';
};
let routes: ReturnType<typeof nextRoute>;
const sendToNext: Send = (url, init) => routes[(init?.method ?? 'GET') as keyof typeof routes](new Request(url, init));

const handlers: [name: string, start: StartApp, send: Send][] = [
  ['node:http', nodeHttp, fetch],
  ['node:http2', nodeHttp2, sendHttp2],
  ['Express', expressApp, fetch],
  ['Express behind body parsers', expressWithParsers, fetch],
  ['Fastify', fastifyApp, fetch],
  ['Hono', honoApp, fetch],
  ['a Next.js route', startNext, sendToNext],
];

async function save(backend: PixstoreBackend, dir: string, name = 'coffee.webp'): Promise<string> {
  const record = await backend.saveImage(photo(name), dir);
  if (!record) throw new Error('The photo was not saved.');
  return record.id;
}

function recordFor(backend: PixstoreBackend, id: string, audience: string | null): ImageRecord {
  const record = backend.getImageRecord(id, { audience });
  if (!record) throw new Error('There is no such image.');
  return record;
}

describe.each(handlers)('through %s', (name, start, send) => {
  async function openClinic() {
    const backend = await openBackend();
    const [url, scan, jwt] = await Promise.all([start(backend), save(backend, 'scans'), signIn('anna')]);
    return { backend, url, scan, jwt };
  }

  it('shows the picture to the doctor who has the record', async () => {
    const { backend, url, scan, jwt } = await openClinic();
    const record = recordFor(backend, scan, 'anna');
    const payload = await askFor(send, url, record, jwt);
    expect(stateOf(payload)).toBe('Success');
    expect(openPayload(payload, record).equals(photo('coffee.webp'))).toBe(true);
  });

  it('ignores a slash at the end of the path, of an image and of a batch', async () => {
    const { backend, url, scan, jwt } = await openClinic();
    const record = recordFor(backend, scan, 'anna');
    const withSlash: Send = (target, init) => send(target.replace(/(\?|$)/, '/$1'), init);
    expect(stateOf(await askFor(withSlash, url, record, jwt))).toBe('Success');
    expect((await askForMany(withSlash, url, [record], jwt)).map(stateOf)).toEqual(['Success']);
    expect((await withSlash(`${url}/-/health`)).status).toBe(200);
  });

  it('shows nothing to whoever is not logged in, nor with a record of somebody else, nor of nobody', async () => {
    const { backend, url, scan, jwt } = await openClinic();
    expect(stateOf(await askFor(send, url, recordFor(backend, scan, 'anna')))).toBe('InvalidProof');
    expect(stateOf(await askFor(send, url, recordFor(backend, scan, 'boris'), jwt))).toBe('InvalidProof');
    expect(stateOf(await askFor(send, url, recordFor(backend, scan, null), jwt))).toBe('InvalidProof');
  });

  it('asks the application before it looks at the proof', async () => {
    const { backend, url, jwt } = await openClinic();
    const sealed = recordFor(backend, await save(backend, 'sealed'), 'anna');
    expect(stateOf(await askFor(send, url, sealed, jwt))).toBe('InvalidProof');
  });

  it('answers a batch image by image: one that is refused or unknown spoils no other', async () => {
    const { backend, url, scan, jwt } = await openClinic();
    const good = recordFor(backend, scan, 'anna');
    const other = recordFor(backend, await save(backend, 'scans', 'rocket.jpg'), 'anna');
    const sealed = recordFor(backend, await save(backend, 'sealed'), 'anna');
    const leaked = recordFor(backend, scan, 'boris');
    const broken = { ...good, id: 'broken' };
    const old = { ...other, token: other.token - 1 };
    const payloads = await askForMany(send, url, [good, sealed, leaked, broken, old, good], jwt);
    const states = payloads.map(stateOf);
    expect(states).toEqual(['Success', 'InvalidProof', 'InvalidProof', 'InternalError', 'Updated', 'Success']);
    expect(openPayload(payloads[0] as Uint8Array, good).equals(photo('coffee.webp'))).toBe(true);
    expect(openPayload(payloads[4] as Uint8Array, old).equals(photo('rocket.jpg'))).toBe(true);
  });

  it('streams an image that is too large for memory, alone and in a batch', async () => {
    const { backend, url, jwt } = await openClinic();
    const file = withMorePixels(photo('cat.png'), Buffer.alloc(2_500_000, 3));
    const saved = await backend.saveImage(file, 'scans');
    const record = recordFor(backend, saved?.id as string, 'anna');
    expect(openPayload(await askFor(send, url, record, jwt), record).equals(file)).toBe(true);
    const payloads = await askForMany(send, url, [record, record], jwt);
    for (const payload of payloads) expect(openPayload(payload, record).equals(file)).toBe(true);
    expect((await backend.stats())?.endpoint.open).toEqual({ answers: 0, bytes: 0 });
  });

  it('hands what the application throws to its error handler, or answers that it failed', async () => {
    const { backend, url, scan, jwt } = await openClinic();
    const record = { ...recordFor(backend, scan, 'anna'), id: 'broken' };
    const response = await send(imageUrl(url, record), { headers: { Authorization: `Bearer ${jwt}` } });
    if (name === 'Express') {
      expect(response.status).toBe(503);
      expect(await response.text()).toBe('explained: the database of permissions is down');
    } else if (!name.startsWith('Express')) {
      expect(stateOf(new Uint8Array(await response.arrayBuffer()))).toBe('InternalError');
    }
  });

  it('knows HEAD, OPTIONS, its health, and no other method', async () => {
    const { backend, url, scan, jwt } = await openClinic();
    const record = recordFor(backend, scan, 'anna');
    const headers = { Authorization: `Bearer ${jwt}` };
    const head = await send(imageUrl(url, record), { method: 'HEAD', headers });
    expect(head.status).toBe(200);
    expect((await head.arrayBuffer()).byteLength).toBe(0);
    expect((await send(`${url}/-/health`)).status).toBe(200);
    expect((await send(`${url}/-/metrics`)).status).toBe(404);
    expect((await send(url, { method: 'OPTIONS' })).status).toBe(204);
  });

  it('refuses a body that is no batch', async () => {
    const { url, jwt } = await openClinic();
    const headers = { 'Content-Type': 'text/plain', Authorization: `Bearer ${jwt}` };
    expect((await send(url, { method: 'POST', body: 'not JSON', headers })).status).toBe(400);
  });
});

describe('a handler', () => {
  it('is refused while the default endpoint is open, for a backend that is none, and with options it has not', async () => {
    const open = await openBackend({ ...(await ownOptions()), defaultEndpointEnabled: true });
    const closed = await openBackend();
    for (const create of [createNodeHandler, createFetchHandler]) {
      await failure('ENDPOINT_ENABLED', () => create(open));
      await failure('CONFIG_INVALID', () => create({} as PixstoreBackend));
      const misspelled = { autorize: () => true } as object;
      expect((await failure('CONFIG_INVALID', () => create(closed, misspelled))).message).toContain('autorize');
    }
  });

  it('leaves other paths to the application', async () => {
    const url = await expressWithParsers(await openBackend());
    expect(await (await fetch(new URL('/elsewhere', url))).text()).toBe('still here');
  });
});
