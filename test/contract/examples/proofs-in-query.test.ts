import { describe, expect, it } from 'vitest';
import { createFetchHandler, createNodeHandler } from '../../../src/backend/index.js';
import { openBackend } from '../../support/backend.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { ask, askState, save, start } from './support/default-instance.js';
import { listen } from './support/listen.js';

const headersOf = (proof: string, token?: number) => ({
  'x-pixstore-proof': proof,
  ...(token !== undefined && { 'x-pixstore-token': String(token) }),
});

describe('acceptProofsInQuery', () => {
  it('is on by default: fetchers that ask so go on working', async () => {
    const { url } = await start();
    expect(await askState(url, await save())).toBe('Success');
  });

  it('off: a proof in a query counts as missing, whatever is known of the image', async () => {
    const { url } = await start({ acceptProofsInQuery: false });
    const { id, token, statelessProof } = await save();
    expect(await askState(url, { id, token, statelessProof })).toBe('MissingProof');
    expect(await askState(url, { id, statelessProof })).toBe('MissingProof');
    expect(await askState(url, { id: 'nobody', statelessProof })).toBe('MissingProof');
  });

  it('off: headers are taken as ever, and a token in the query is not', async () => {
    const { url } = await start({ acceptProofsInQuery: false });
    const { id, token, statelessProof } = await save();
    const stateBy = async (query: { token?: number }, headers: Record<string, string>) =>
      stateOf((await ask(url, { id, ...query }, { headers })).payload);
    expect(await stateBy({}, headersOf(statelessProof, token))).toBe('Success');
    expect(await stateBy({ token }, headersOf(statelessProof))).toBe('Updated');
  });

  it('off: batches are taken as ever', async () => {
    const { url } = await start({ acceptProofsInQuery: false });
    const { id, token, statelessProof } = await save();
    const body = JSON.stringify({ version: 1, images: [{ id, token, proof: statelessProof }] });
    const answer = new Uint8Array(await (await fetch(url, { method: 'POST', body })).arrayBuffer());
    expect(stateOf(answer.subarray(4))).toBe('Success');
  });

  it('holds for handlers in servers of the application, too', async () => {
    const backend = await openBackend({ acceptProofsInQuery: false });
    const { id = '', statelessProof = '' } = (await backend.saveImage(photo('coffee.webp'))) ?? {};
    const viaNode = createNodeHandler(backend);
    const { url } = await listen((request, response) => viaNode(request, response));
    expect(await askState(url, { id, statelessProof })).toBe('MissingProof');
    const viaFetch = createFetchHandler(backend);
    const answer = await viaFetch(new Request(`http://images.test/${id}?proof=${statelessProof}`));
    expect(stateOf(new Uint8Array(await answer.arrayBuffer()))).toBe('MissingProof');
  });
});
