import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { saveImage, updateImage } from '../../../src/backend/index.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { ask, askState, save, start } from './support/default-instance.js';

const photoNames = ['cat.png', 'coffee.webp', 'rocket.jpg'];

describe('from a record to a picture', () => {
  it.each(photoNames)('%s comes back byte for byte', async (name) => {
    const { url } = await start();
    const record = await save(name);
    const { response, payload } = await ask(url, record);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(stateOf(payload)).toBe('Success');
    expect(openPayload(payload, record).equals(photo(name))).toBe(true);
  });

  it('sends what is under way encrypted: no piece of the file is in the answer', async () => {
    const { url } = await start();
    const { payload } = await ask(url, await save());
    const file = photo('coffee.webp');
    expect(Buffer.from(payload).includes(file.subarray(0, 12))).toBe(false);
    expect(Buffer.from(payload).includes(file.subarray(1000, 1016))).toBe(false);
  });

  it('takes proof and token from headers as well', async () => {
    const { url } = await start();
    const record = await save();
    const headers = { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': String(record.token) };
    const { payload } = await ask(url, { id: record.id }, { headers });
    expect(stateOf(payload)).toBe('Success');
  });

  it('sends the new key with the picture to a client whose record is old, or that names no token', async () => {
    const { url } = await start();
    const old = await save('coffee.webp');
    await updateImage(old.id, photo('rocket.jpg'));
    const { token: _, ...tokenless } = old;
    for (const record of [old, tokenless]) {
      const { payload } = await ask(url, record);
      expect(stateOf(payload)).toBe('Updated');
      expect(openPayload(payload, old).equals(photo('rocket.jpg'))).toBe(true);
    }
  });
});

describe('defaultEndpointListenHost and defaultEndpointListenPort', () => {
  const othersOfThisMachine = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);

  it('0.0.0.0, the default, listens on every address of the machine', async () => {
    const { backend, port } = await start({ defaultEndpointListenHost: undefined });
    expect(backend.address()).toMatchObject({ address: '0.0.0.0', port });
    const record = await save();
    for (const host of ['127.0.0.1', ...othersOfThisMachine]) {
      expect(await askState(`http://${host}:${port}/pixstore-image`, record)).toBe('Success');
    }
  });

  it('127.0.0.1 listens on that address only', async () => {
    const { backend, port } = await start({ defaultEndpointListenHost: '127.0.0.1' });
    expect(backend.address()).toMatchObject({ address: '127.0.0.1', port });
    for (const host of othersOfThisMachine) {
      await expect(fetch(`http://${host}:${port}/`)).rejects.toThrow();
    }
  });

  it('the port is free again after close', async () => {
    const { backend, url, port } = await start();
    await backend.close();
    expect(backend.address()).toBeNull();
    await expect(fetch(url)).rejects.toThrow();
    await start({ defaultEndpointListenPort: port });
  });

  it('a second close of a backend leaves the next one alone', async () => {
    const { backend: first } = await start();
    await first.close();
    const { backend: second } = await start();
    await first.close();
    const { id } = await save();
    expect(second.imageExists(id)).toBe(true);
  });
});

describe('defaultEndpointRoute', () => {
  it('serves images under the path it names, and nothing under the default one', async () => {
    const { port, url } = await start({ defaultEndpointRoute: '/private/pictures' });
    const record = await save();
    expect(await askState(`http://127.0.0.1:${port}/private/pictures`, record)).toBe('Success');
    expect((await ask(url, record)).response.status).toBe(404);
  });
});

describe('imageFormats and maxImageBytes', () => {
  it('keep out what the application does not want, and leave what is there', async () => {
    const { backend, url } = await start({
      imageFormats: ['webp'],
      maxImageBytes: 100_000,
      errorHandlingMode: 'throw',
    });
    const record = await save('coffee.webp');
    await expect(saveImage(photo('rocket.jpg'))).rejects.toMatchObject({ code: 'IMAGE_FORMAT_REFUSED' });
    await expect(backend.updateImage(record.id, photo('cat.png'))).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
    expect(await askState(url, record)).toBe('Success');
  });
});
