import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type BackendConfig,
  customEndpointHelper,
  getLastPixstoreError,
  initPixstoreBackend,
  saveImage,
  updateImage,
} from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { ownOptions } from '../../support/options.js';
import { openPayload, stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';

async function start(config: BackendConfig = {}): Promise<ImageRecord> {
  const backend = initPixstoreBackend({ ...(await ownOptions()), defaultEndpointEnabled: false, ...config });
  onTestFinished(() => backend.close());
  await backend.ready;
  const record = await saveImage(photo('coffee.webp'));
  if (!record) throw new Error('The photo was not saved.');
  return record;
}

async function answer(...request: Parameters<typeof customEndpointHelper>): Promise<Uint8Array> {
  const payload = await customEndpointHelper(...request);
  if (!payload) throw new Error(`No payload: ${getLastPixstoreError()?.code}`);
  return payload;
}

describe('customEndpointHelper', () => {
  it('works for an endpoint that forgets the token: the full answer, with the key, every time', async () => {
    const { id, statelessProof, ...record } = await start();
    for (const forgotten of [undefined, null, '']) {
      const payload = await answer(id, forgotten, statelessProof);
      expect(stateOf(payload)).toBe('Updated');
      // Not even a client with another record's key is stopped: the payload brings its own.
      const foreign = { ...record, id, statelessProof, meta: { key: '', iv: '', tag: '' } };
      expect(openPayload(payload, foreign).equals(photo('coffee.webp'))).toBe(true);
    }
  });

  it('takes the token as a number or as text, as it comes out of a header or a query', async () => {
    const { id, token, statelessProof } = await start();
    expect(stateOf(await answer(id, token, statelessProof))).toBe('Success');
    expect(stateOf(await answer(id, String(token), statelessProof))).toBe('Success');
  });

  it('sends the new picture with its key to an old token', async () => {
    const old = await start();
    await updateImage(old.id, photo('rocket.jpg'));
    const payload = await answer(old.id, old.token, old.statelessProof);
    expect(stateOf(payload)).toBe('Updated');
    expect(openPayload(payload, old).equals(photo('rocket.jpg'))).toBe(true);
  });

  it('says what a request lacks', async () => {
    const { id, token, statelessProof } = await start();
    expect(stateOf(await answer(undefined, token, statelessProof))).toBe('MissingID');
    expect(stateOf(await answer(id, token))).toBe('MissingProof');
    expect(stateOf(await answer(id, token, 'made up'))).toBe('InvalidProof');
    expect(stateOf(await answer('another', token, statelessProof))).toBe('InvalidProof');
  });

  it.each([Number.NaN, '1e400', -1, '12abc', 1.5, '9007199254740993'])(
    'refuses the token %s and touches nothing',
    async (token) => {
      const { id, statelessProof, ...record } = await start({ errorHandlingMode: 'throw' });
      await expect(customEndpointHelper(id, token, statelessProof)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      expect(stateOf(await answer(id, record.token, statelessProof))).toBe('Success');
    },
  );
});

describe('customEndpointHelper beside the default endpoint', () => {
  it('refuses to run: the open endpoint would bypass the checks of the application', async () => {
    const { id, token, statelessProof } = await start({ defaultEndpointEnabled: true, errorHandlingMode: 'throw' });
    await expect(customEndpointHelper(id, token, statelessProof)).rejects.toMatchObject({
      code: 'ENDPOINT_ENABLED',
      message: expect.stringContaining('defaultEndpointEnabled: false'),
    });
  });

  it('in the default error mode it answers null and says why', async () => {
    const { id, token, statelessProof } = await start({ defaultEndpointEnabled: true });
    expect(await customEndpointHelper(id, token, statelessProof)).toBeNull();
    expect(getLastPixstoreError()?.code).toBe('ENDPOINT_ENABLED');
  });
});
