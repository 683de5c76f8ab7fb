import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  customEndpointHelper,
  getImageRecord,
  initPixstoreBackend,
  saveImageFromFile,
} from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { ownOptions } from '../../support/options.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo, photoPath } from '../../support/photos.js';

interface ImageRoute {
  Params: { id: string };
  Querystring: { token?: string; proof?: string };
}

/** A members' area: whoever shows the session cookie is in. */
async function openClub() {
  const backend = initPixstoreBackend({ ...(await ownOptions()), defaultEndpointEnabled: false });
  onTestFinished(() => backend.close());
  const app = Fastify();
  onTestFinished(() => app.close());

  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.cookie !== 'session=member') return reply.code(401).send();
  });
  app.get('/api/poster', async () => getImageRecord('club:poster'));
  app.get<ImageRoute>('/images/:id', async ({ params, query }, reply) => {
    const payload = await customEndpointHelper(params.id, query.token, query.proof);
    if (!payload) return reply.code(500).send();
    return reply.type('application/octet-stream').send(payload);
  });

  await saveImageFromFile(photoPath('coffee.webp'), { dir: 'club', id: 'poster' });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

const cookie = 'session=member';

describe('a Fastify app with an image endpoint of its own', () => {
  it('serves the picture that the record names', async () => {
    const url = await openClub();
    const record: ImageRecord = await (await fetch(`${url}/api/poster`, { headers: { cookie } })).json();
    expect(record.id).toBe('club:poster');
    const query = new URLSearchParams({ token: String(record.token), proof: record.statelessProof });
    const response = await fetch(`${url}/images/${encodeURIComponent(record.id)}?${query}`, { headers: { cookie } });
    expect(response.status).toBe(200);
    const payload = new Uint8Array(await response.arrayBuffer());
    expect(stateOf(payload)).toBe('Success');
    expect(openPayload(payload, record).equals(photo('coffee.webp'))).toBe(true);
  });

  it('its own check comes first: no session, no picture', async () => {
    const url = await openClub();
    const { token, statelessProof } = getImageRecord('club:poster') ?? {};
    expect((await fetch(`${url}/images/club:poster?token=${token}&proof=${statelessProof}`)).status).toBe(401);
  });

  it('answers 500 when the helper refuses a token that is none', async () => {
    const url = await openClub();
    const proof = getImageRecord('club:poster')?.statelessProof;
    const response = await fetch(`${url}/images/club:poster?token=12abc&proof=${proof}`, { headers: { cookie } });
    expect(response.status).toBe(500);
  });
});
