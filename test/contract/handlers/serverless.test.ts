import { expect, it } from 'vitest';
import { createNodeHandler, type NodeRequest } from '../../../src/backend/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { listen } from '../examples/support/listen.js';

const raw: [string, readonly string[] | undefined][] = [
  ['is empty', []],
  ['is not there', undefined],
];

it.each(raw)('a request of a serverless platform, of which rawHeaders %s, shows its headers', async (_, rawHeaders) => {
  const backend = await openBackend({ acceptProofsInQuery: false });
  const { id, token, statelessProof } = (await backend.saveImage(photo('cat.png'))) as ImageRecord;
  const images = createNodeHandler(backend);
  const { url } = await listen((request, response) => {
    const { headers } = request;
    const adapted = Object.create(request, { rawHeaders: { value: rawHeaders }, headers: { value: headers } });
    images(adapted as NodeRequest, response);
  });
  const headers = { 'x-pixstore-proof': statelessProof, 'X-Pixstore-Token': `${token}` };
  const answer = async (init?: RequestInit) =>
    stateOf(new Uint8Array(await (await fetch(`${url}/${id}`, init)).arrayBuffer()));
  expect(await answer({ headers })).toBe('Success');
  expect(await answer()).toBe('MissingProof');
});
