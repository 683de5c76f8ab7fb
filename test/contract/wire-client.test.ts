import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openBackend } from '../support/backend.js';
import { ownOptions } from '../support/options.js';
import { photo } from '../support/photos.js';

// A client as somebody would write it in another language, from docs/wire-format.md alone: it shares no line with
// pixstore.

interface Record {
  id: string;
  token: number;
  meta: { key: string; iv: string; tag: string };
  statelessProof: string;
}

const formats = new Map([
  [1, 'png'],
  [2, 'webp'],
  [3, 'jpg'],
  [4, 'jpeg'],
]);

async function getPicture(endpoint: string, { id, token, meta, statelessProof }: Record) {
  const headers = { 'x-pixstore-proof': statelessProof, 'x-pixstore-token': String(token) };
  const response = await fetch(`${endpoint}/${encodeURIComponent(id)}`, { headers });
  const payload = Buffer.from(await response.arrayBuffer());
  const state = payload[0];
  if (state === 0) {
    const [key, iv, tag] = [meta.key, meta.iv, meta.tag].map((text) => Buffer.from(text, 'base64'));
    return { token, ...decrypt(key, iv, tag, payload.subarray(1)) };
  }
  if (state === 1) {
    const [key, iv, tag] = [payload.subarray(9, 41), payload.subarray(41, 53), payload.subarray(53, 69)];
    return { token: Number(payload.readBigUInt64LE(1)), ...decrypt(key, iv, tag, payload.subarray(69)) };
  }
  throw new Error(`state ${state} in ${payload.length} bytes`);
}

function decrypt(key = Buffer.of(), iv = Buffer.of(), tag = Buffer.of(), ciphertext = Buffer.of()) {
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  const plaintext = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  return { format: formats.get(plaintext.readUInt8(0)), image: plaintext.subarray(1) };
}

async function start() {
  const own = await ownOptions();
  const backend = await openBackend({ ...own, defaultEndpointEnabled: true });
  await backend.ready;
  /** As an API would hand the record out, and a client get it: as JSON. */
  const asJson = (record: unknown): Record => JSON.parse(JSON.stringify(record));
  return { backend, asJson, endpoint: `http://127.0.0.1:${own.defaultEndpointListenPort}/pixstore-image` };
}

describe('a client made from the wire format alone', () => {
  it.each([
    ['cat.png', 'png'],
    ['coffee.webp', 'webp'],
    ['rocket.jpg', 'jpg'],
  ])('shows %s', async (name, format) => {
    const { backend, asJson, endpoint } = await start();
    const record = asJson(await backend.saveImage(photo(name), 'album'));
    const picture = await getPicture(endpoint, record);
    expect(picture).toMatchObject({ token: record.token, format });
    expect(picture.image.equals(photo(name))).toBe(true);
  });

  it('shows the new picture to an old record, and learns its token', async () => {
    const { backend, asJson, endpoint } = await start();
    const old = asJson(await backend.saveImage(photo('coffee.webp'), 'album'));
    const fresh = asJson(await backend.updateImage(old.id, photo('rocket.jpg')));
    const picture = await getPicture(endpoint, old);
    expect(picture).toMatchObject({ token: fresh.token, format: 'jpg' });
    expect(picture.image.equals(photo('rocket.jpg'))).toBe(true);
  });

  it.each([
    ['a proof that is not its own', { statelessProof: 'made up' }, 'state 5 in 1 bytes'],
    ['no proof', { statelessProof: '' }, 'state 4 in 1 bytes'],
    ['no id', { id: '' }, 'state 3 in 1 bytes'],
  ])('is told of %s', async (_, change, answer) => {
    const { backend, asJson, endpoint } = await start();
    const record = asJson(await backend.saveImage(photo('coffee.webp')));
    await expect(getPicture(endpoint, { ...record, ...change })).rejects.toThrow(answer);
  });

  it('is told of an image that is gone', async () => {
    const { backend, asJson, endpoint } = await start();
    const record = asJson(await backend.saveImage(photo('coffee.webp')));
    await backend.deleteImage(record.id);
    await expect(getPicture(endpoint, record)).rejects.toThrow('state 2 in 1 bytes');
  });
});
