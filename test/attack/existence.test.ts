import { describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../src/backend/index.js';
import { masterKey, openBackend } from '../support/backend.js';
import { startEndpoint } from '../support/endpoint.js';
import { photo } from '../support/photos.js';
import { sendRaw, sendRequest } from '../support/raw-http.js';
import { withMorePixels } from '../support/small-picture.js';
import { batchRequest } from './support/connection.js';

const route = '/pixstore-image';
const madeUp = 'a'.repeat(43);

/** An endpoint with images of every kind: in memory, on disk, deleted. */
async function startWithImages() {
  const endpoint = await startEndpoint();
  const { backend, port, goodTarget } = endpoint;
  await sendRequest(port, 'GET', goodTarget); // now it is in memory
  const large = withMorePixels(photo('cat.png'), Buffer.alloc(2_000_000));
  await backend.saveImage(large, { id: 'large' });
  await backend.saveImage(photo('brick.webp'), { id: 'deleted' });
  await backend.deleteImage('deleted');
  return { ...endpoint, ids: [endpoint.record.id, 'large', 'deleted'], proof: endpoint.proof };
}

describe('whoever has no proof cannot tell ids that exist from others by', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'DELETE'])('status, headers and body of a %s', async (method) => {
    const { port, ids, proof } = await startWithImages();
    for (const query of ['', `?proof=${madeUp}`, `?proof=${proof}x`, `?proof=${madeUp}&token=1`, '?token=NaN']) {
      const answers = await Promise.all(
        [...ids, 'nobody'].map(async (id) => {
          const { headers, ...answer } = await sendRequest(port, method, `${route}/${encodeURIComponent(id)}${query}`);
          return { ...answer, headers: { ...headers, date: '' } };
        }),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    }
  });

  test('the answer to a batch', async () => {
    const { port, ids } = await startWithImages();
    for (const fields of [{}, { proof: madeUp }, { proof: madeUp, token: 1 }, { proof: madeUp, token: 'NaN' }]) {
      const bodies = await Promise.all(
        [...ids, 'nobody'].map(async (id) => {
          const images = [{ id, ...fields }, {}, { id, ...fields }];
          const { status, body } = await sendRaw(port, batchRequest(route, images, ['Connection: close']));
          return `${status} ${body.toString('hex')}`;
        }),
      );
      expect(new Set(bodies).size).toBe(1);
    }
  });

  test('the time it takes: the store is never asked for anything by id, so that there is nothing to take longer', async () => {
    const store = createMemoryStore();
    const asked: string[] = [];
    const counted = new Proxy(store, {
      get(target, name, receiver) {
        asked.push(String(name));
        return Reflect.get(target, name, receiver);
      },
    });
    const backend = await openBackend({ store: counted, masterKey });
    const record = await backend.saveImage(photo('coffee.webp'), { id: 'there' });
    asked.length = 0;
    for (const id of ['there', 'nobody']) {
      for (const proof of [undefined, madeUp, `${record?.statelessProof}x`]) {
        await backend.customEndpointHelper(id, undefined, proof);
        const body = JSON.stringify({ version: 1, images: [{ id, proof }] });
        for await (const _ of (await backend.customEndpointBatchHelper(body)) ?? []);
      }
    }
    // What it can do, and whether its keys were exchanged.
    expect(asked.filter((name) => !['supports', 'find', 'keyRing'].includes(name))).toEqual([]);
    asked.length = 0;
    await backend.customEndpointHelper('there', undefined, record?.statelessProof);
    expect(asked).toContain('open');
  });
});
