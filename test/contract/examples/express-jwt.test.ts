import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { customEndpointHelper, getImageRecord, initPixstoreBackend, saveImage } from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { ownOptions } from '../../support/options.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { createClinic, signIn } from './apps/express-app.js';
import { listen } from './support/listen.js';

const secret = randomBytes(32);

async function openClinic() {
  const backend = initPixstoreBackend({ ...(await ownOptions()), defaultEndpointEnabled: false });
  onTestFinished(() => backend.close());
  const scan = await saveImage(photo('cat.png'), 'scans');
  if (!scan) throw new Error('The photo was not saved.');
  const { url } = await listen(createClinic({ getImageRecord, customEndpointHelper }, secret));
  return { url, id: scan.id };
}

/** As the application's own page asks: with its JWT, and for an image with what the record says. */
function ask(url: string, jwt: string | undefined, record?: ImageRecord): Promise<Response> {
  const headers = new Headers(jwt === undefined ? {} : { Authorization: `Bearer ${jwt}` });
  if (record) {
    headers.set('x-pixstore-token', String(record.token));
    headers.set('x-pixstore-proof', record.statelessProof);
  }
  return fetch(url, { headers });
}

describe('an Express app with JWT and roles, and an image endpoint of its own', () => {
  it('shows the picture to whoever has the role', async () => {
    const { url, id } = await openClinic();
    const jwt = await signIn('doctor', secret);
    const record: ImageRecord = await (await ask(`${url}/api/scans/${id}`, jwt)).json();
    const response = await ask(`${url}/api/images/${id}`, jwt, record);
    expect(response.status).toBe(200);
    const payload = new Uint8Array(await response.arrayBuffer());
    expect(stateOf(payload)).toBe('Success');
    expect(openPayload(payload, record).equals(photo('cat.png'))).toBe(true);
  });

  it.each([
    ['no JWT', async () => undefined],
    ['a JWT that expired', () => signIn('doctor', secret, new Date(0))],
    ['a JWT that somebody else signed', () => signIn('doctor', randomBytes(32))],
    ['words that are no JWT', async () => 'let.me.in'],
  ])('answers 401 to %s, even with a good proof', async (_, getJwt) => {
    const { url, id } = await openClinic();
    const record = getImageRecord(id) ?? undefined;
    const jwt = await getJwt();
    expect((await ask(`${url}/api/scans/${id}`, jwt)).status).toBe(401);
    expect((await ask(`${url}/api/images/${id}`, jwt, record)).status).toBe(401);
  });

  it('answers 403 to another role, even with a good proof', async () => {
    const { url, id } = await openClinic();
    const record = getImageRecord(id) ?? undefined;
    const jwt = await signIn('visitor', secret);
    expect((await ask(`${url}/api/scans/${id}`, jwt)).status).toBe(403);
    expect((await ask(`${url}/api/images/${id}`, jwt, record)).status).toBe(403);
  });

  it('still asks for a proof: the role alone serves nothing', async () => {
    const { url, id } = await openClinic();
    const response = await ask(`${url}/api/images/${id}`, await signIn('doctor', secret));
    expect(stateOf(new Uint8Array(await response.arrayBuffer()))).toBe('MissingProof');
  });

  it('opens no port of its own', async () => {
    const backend = initPixstoreBackend({ ...(await ownOptions()), defaultEndpointEnabled: false });
    onTestFinished(() => backend.close());
    await backend.ready;
    expect(backend.address()).toBeNull();
  });
});
