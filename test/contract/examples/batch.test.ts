import { describe, expect, it, onTestFinished } from 'vitest';
import { customEndpointBatchHelper, initPixstoreBackend, saveImage, updateImage } from '../../../src/backend/index.js';
import { encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { failure } from '../../support/errors.js';
import { framesOf } from '../../support/frames.js';
import { ownOptions } from '../../support/options.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { smallPicture } from '../../support/small-picture.js';
import { save, start } from './support/default-instance.js';

const entryOf = ({ id, token, statelessProof }: ImageRecord) => ({ id, token, proof: statelessProof });
const post = (url: string, body: string) => fetch(url, { method: 'POST', body });

/** @returns the payloads, in order */
async function askMany(url: string, images: readonly unknown[]): Promise<Uint8Array[]> {
  const response = await post(url, JSON.stringify({ version: 1, images }));
  expect(response.status).toBe(200);
  return framesOf(new Uint8Array(await response.arrayBuffer()), images.length);
}

describe('a batch', () => {
  it('is answered in its order, each image as if it had been asked for alone', async () => {
    const { url } = await start();
    const [coffee, rocket, cat] = [await save(), await save('rocket.jpg'), await save('cat.png')];
    await updateImage(rocket.id, photo('coffee.webp'));
    const { token: _, ...withoutToken } = entryOf(cat);
    const payloads = await askMany(url, [
      entryOf(coffee),
      entryOf(rocket),
      withoutToken,
      { ...entryOf(coffee), id: cat.id },
      { ...entryOf(coffee), proof: undefined },
      { proof: coffee.statelessProof },
      { ...entryOf(coffee), token: 'twelve' },
      ...[null, 7, 'text', [], {}],
    ]);
    expect(payloads.map(stateOf)).toEqual([
      ...['Success', 'Updated', 'Updated', 'InvalidProof', 'MissingProof', 'MissingID', 'InvalidProof'],
      ...['MissingID', 'MissingID', 'MissingID', 'MissingID', 'MissingID'],
    ]);
    expect(openPayload(payloads[0] as Uint8Array, coffee).equals(photo('coffee.webp'))).toBe(true);
    expect(openPayload(payloads[1] as Uint8Array, rocket).equals(photo('coffee.webp'))).toBe(true);
    expect(openPayload(payloads[2] as Uint8Array, cat).equals(photo('cat.png'))).toBe(true);
  });

  it('may ask for 256 images and for the same one again and again, and for none', async () => {
    const { backend, url } = await start();
    const small = smallPicture();
    const record = (await backend.saveImage(small)) as ImageRecord;
    const [first, ...others] = await askMany(url, Array(256).fill(entryOf(record)));
    expect(openPayload(first as Uint8Array, record).equals(small)).toBe(true);
    expect(others.every((payload) => Buffer.compare(payload, first as Uint8Array) === 0)).toBe(true);
    expect(await askMany(url, [])).toEqual([]);
  });

  it('is refused as a whole when it is none, asks for more, or is too large', async () => {
    const { url } = await start();
    const record = await save();
    for (const body of ['', 'no JSON', '{"version":2,"images":[]}', '{"version":1}', '[]', 'null']) {
      expect((await post(url, body)).status).toBe(400);
    }
    expect((await post(url, encodeBatchRequest(Array(257).fill(entryOf(record))))).status).toBe(400);
    expect((await post(url, 'x'.repeat(256 * 1024 + 1))).status).toBe(413);
    expect((await post(`${url}/${record.id}`, encodeBatchRequest([entryOf(record)]))).status).toBe(405);
  });

  it('needs no preflight: a page may send it as it is, and read the answer', async () => {
    const { url } = await start({ accessControlAllowOrigin: ['https://app.example'] });
    const response = await fetch(url, {
      method: 'POST',
      body: encodeBatchRequest([entryOf(await save())]),
      headers: { Origin: 'https://app.example', 'Content-Type': 'text/plain;charset=UTF-8' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('is counted image by image', async () => {
    const { backend, url } = await start();
    const record = await save();
    await askMany(url, [entryOf(record), entryOf(record), { id: 'none' }]);
    expect((await backend.stats())?.endpoint).toMatchObject({
      images: { Success: 2, MissingProof: 1, NotFound: 0 },
      requests: 1,
      bytes: 2 * (photo('coffee.webp').length + 2) + 1,
      open: { answers: 0, bytes: 0 },
    });
  });
});

describe('customEndpointBatchHelper', () => {
  async function open(defaultEndpointEnabled = false) {
    const options = { ...(await ownOptions()), defaultEndpointEnabled, errorHandlingMode: 'throw' as const };
    const backend = initPixstoreBackend(options);
    onTestFinished(() => backend.close());
    return { backend, record: (await saveImage(photo('coffee.webp'))) as ImageRecord };
  }

  it('gives the frames of a batch, for any transport', async () => {
    const { backend, record } = await open();
    const bound = backend.getImageRecord(record.id, { audience: 'anna' }) as ImageRecord;
    const body = encodeBatchRequest([entryOf(record), entryOf(bound)]);
    for (const [audience, states] of [
      [null, ['Success', 'InvalidProof']],
      ['anna', ['InvalidProof', 'Success']],
      ['boris', ['InvalidProof', 'InvalidProof']],
    ] as const) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await customEndpointBatchHelper(body, { audience })) ?? []) chunks.push(chunk);
      expect(framesOf(Buffer.concat(chunks), 2).map(stateOf)).toEqual(states);
    }
  });

  it('refuses what is no batch, an audience that is none, and to run beside the default endpoint', async () => {
    const { backend, record } = await open();
    await failure('BATCH_INVALID', () => customEndpointBatchHelper('no JSON'));
    for (const audience of ['', 'x'.repeat(257), 'half \ud83d', 7 as unknown as string]) {
      await failure('AUDIENCE_INVALID', () => customEndpointBatchHelper('', { audience }));
      await failure('AUDIENCE_INVALID', () => backend.getImageRecord(record.id, { audience }));
    }
    await backend.close();
    await open(true);
    await failure('ENDPOINT_ENABLED', () => customEndpointBatchHelper(encodeBatchRequest([])));
  });
});
