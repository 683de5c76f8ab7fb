import { createDecipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createFetchHandler } from '../../src/backend/face/handlers.js';
import type { PixstoreBackend } from '../../src/backend/face/public-api.js';
import { decodePayload, WirePayloadState } from '../../src/shared/index.js';
import { encodeBatchRequest } from '../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../src/types/index.js';
import { masterKey, openBackend } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { addVariant } from '../support/variants.js';

const [cat, coffee, rocket] = ['cat.png', 'coffee.webp', 'rocket.jpg'].map(photo) as [Buffer, Buffer, Buffer];

async function openWithVariants() {
  const backend = await openBackend();
  await backend.saveImage(cat, { dir: 'a', id: 'one' });
  expect(await addVariant(backend.store, masterKey, 'a:one', 'thumb', coffee)).toEqual(['thumb']);
  expect(await addVariant(backend.store, masterKey, 'a:one', 'wide', rocket)).toEqual(['wide']);
  return backend;
}

const recordsOf = async (backend: PixstoreBackend, ids: string[]) =>
  (await backend.getImageRecords(ids)) as (ImageRecord | null)[];

/** The picture that a record gets from a handler. */
async function show(backend: PixstoreBackend, { id, token, meta, statelessProof }: ImageRecord): Promise<Buffer> {
  const headers = { 'x-pixstore-proof': statelessProof, 'x-pixstore-token': `${token}` };
  const request = new Request(`http://localhost/${encodeURIComponent(id)}`, { headers });
  const answer = decodePayload(new Uint8Array(await (await createFetchHandler(backend)(request)).arrayBuffer()));
  if (answer.state !== WirePayloadState.Success) throw new Error(`state ${answer.state}`);
  const [key, iv, tag] = [meta.key, meta.iv, meta.tag].map((text) => Buffer.from(text, 'base64')) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  return Buffer.concat([decipher.update(answer.ciphertext), decipher.final()]).subarray(1);
}

describe('variants', () => {
  test('have records of their own, by their joined ids, and are served by them', async () => {
    const backend = await openWithVariants();
    const ids = ['a:one', 'a:one.thumb', 'a:one.wide'];
    const records = (await recordsOf(backend, ids)) as ImageRecord[];
    expect(records.map(({ id }) => id)).toEqual(ids);
    expect(new Set(records.map(({ meta }) => meta.key)).size).toBe(3);
    expect(new Set(records.map(({ token }) => token)).size).toBe(1);
    for (const [index, bytes] of [cat, coffee, rocket].entries()) {
      expect((await show(backend, records[index] as ImageRecord)).equals(bytes)).toBe(true);
      expect(records[index]?.bytes).toBe(bytes.length);
    }
    expect(records.map(({ width }) => width)).not.toContain(undefined);
  });

  test('that are missing are null, never the original', async () => {
    const backend = await openWithVariants();
    expect(await recordsOf(backend, ['a:one.card', 'a:two.thumb', 'a:two', 'a:one.thumb.wide'].slice(0, 3))).toEqual([
      null,
      null,
      null,
    ]);
    await failure('IMAGE_ID_INVALID', () => backend.getImageRecords(['a:one.thumb.wide']));
    await failure('IMAGE_ID_INVALID', () => backend.getImageRecord('a:one.thumb'));
  });

  test('are opened by a proof of their own alone', async () => {
    const backend = await openWithVariants();
    const [original, thumb] = (await recordsOf(backend, ['a:one', 'a:one.thumb'])) as [ImageRecord, ImageRecord];
    for (const [record, other] of [
      [original, thumb],
      [thumb, original],
    ] as const) {
      const exchanged = { ...record, statelessProof: other.statelessProof };
      await expect(show(backend, exchanged)).rejects.toThrow(`state ${WirePayloadState.InvalidProof}`);
    }
  });

  test('go with their image when it is updated, deleted or its folder erased', async () => {
    const ends: ((backend: PixstoreBackend) => Promise<unknown>)[] = [
      (backend) => backend.updateImage('a:one', coffee),
      (backend) => backend.deleteImage('a:one'),
      (backend) => backend.deleteImages('a'),
    ];
    for (const end of ends) {
      const backend = await openWithVariants();
      const thumb = (await recordsOf(backend, ['a:one.thumb']))[0] as ImageRecord;
      expect((await show(backend, thumb)).equals(coffee)).toBe(true);
      await end(backend);
      expect(await recordsOf(backend, ['a:one.thumb', 'a:one.wide'])).toEqual([null, null]);
      await expect(show(backend, thumb)).rejects.toThrow(`state ${WirePayloadState.NotFound}`);
    }
  });

  test('are asked about by image and variant', async () => {
    const backend = await openWithVariants();
    const asked: unknown[][] = [];
    const authorize = (_: Request, ...rest: unknown[]) => {
      asked.push(rest);
      return rest[1] === 'thumb';
    };
    const handler = createFetchHandler(backend, { authorize });
    const records = (await recordsOf(backend, ['a:one', 'a:one.thumb'])) as ImageRecord[];
    const states: unknown[] = [];
    for (const { id, statelessProof: proof } of records) {
      const response = await handler(new Request(`http://localhost/${id}?proof=${proof}`));
      states.push(new Uint8Array(await response.arrayBuffer())[0]);
    }
    expect(states).toEqual([WirePayloadState.InvalidProof, WirePayloadState.Updated]);
    const images = records.map(({ id, statelessProof: proof }) => ({ id, proof }));
    await (
      await handler(new Request('http://localhost/', { method: 'POST', body: encodeBatchRequest(images) }))
    ).arrayBuffer();
    expect(asked).toEqual([
      ['a:one', undefined],
      ['a:one', 'thumb'],
      ['a:one', undefined],
      ['a:one', 'thumb'],
    ]);
  });
});
