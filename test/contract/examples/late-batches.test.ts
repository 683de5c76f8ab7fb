import { expect, it } from 'vitest';
import { createNodeHandler } from '../../../src/backend/index.js';
import { createFrameDecoder, encodeBatchRequest } from '../../../src/shared/protocol/batch.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { openBackend } from '../../support/backend.js';
import { framesOf } from '../../support/frames.js';
import { stateOf } from '../../support/payload.js';
import { photo } from '../../support/photos.js';
import { withMorePixels } from '../../support/small-picture.js';
import { listen } from './support/listen.js';

const windowLength = 20_000; // ms
const pictures = 8;

/** A backend whose clock is moved by hand, with pictures of 2 MB. */
async function openGallery() {
  const clock = { now: Date.now() };
  const backend = await openBackend({ now: () => clock.now, statelessKeyWindowLength: windowLength });
  const large = withMorePixels(photo('cat.png'), Buffer.alloc(2_000_000));
  const records: ImageRecord[] = [];
  for (let picture = 0; picture < pictures; picture += 1) records.push((await backend.saveImage(large)) as ImageRecord);
  const body = encodeBatchRequest(
    records.map(({ id, token, statelessProof }) => ({ id, token, proof: statelessProof })),
  );
  return { clock, backend, records, body };
}

const twoWindows = 2 * windowLength + 1;
const allCome = Array(pictures).fill('Success');

it('pictures of a batch that is read slowly all come, though their proofs end meanwhile', async () => {
  const { clock, backend, body } = await openGallery();
  const { url } = await listen(createNodeHandler(backend));
  const reader = (await fetch(url, { method: 'POST', body })).body?.getReader();
  const payloadsIn = createFrameDecoder();
  const states: (string | undefined)[] = [];
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    for (const payload of payloadsIn(read.value)) states.push(stateOf(payload));
    clock.now += twoWindows;
  }
  expect(states).toEqual(allCome);
  const late = await fetch(url, { method: 'POST', body });
  const payloads = framesOf(new Uint8Array(await late.arrayBuffer()), pictures);
  expect(payloads.map(stateOf)).toEqual(Array(pictures).fill('InvalidProof'));
});

it('so they do by any other transport', async () => {
  const { clock, backend, body } = await openGallery();
  const frames = await backend.customEndpointBatchHelper(body);
  const payloadsIn = createFrameDecoder();
  const states: (string | undefined)[] = [];
  for await (const chunk of frames ?? []) {
    for (const payload of payloadsIn(chunk)) states.push(stateOf(payload));
    clock.now += twoWindows;
  }
  expect(states).toEqual(allCome);
});

it('and a picture or a batch for which the application takes its time to say yes', async () => {
  const { clock, backend, records, body } = await openGallery();
  const authorize = async () => {
    clock.now += twoWindows;
    return true;
  };
  const { url: open } = await listen(createNodeHandler(backend, { authorize }));
  const [{ id, token, statelessProof }] = records as [ImageRecord];
  const one = await fetch(`${open}/${id}?proof=${statelessProof}&token=${token}`);
  expect(stateOf(new Uint8Array(await one.arrayBuffer()))).toBe('Success');
  clock.now -= twoWindows;
  const many = await fetch(open, { method: 'POST', body });
  expect(framesOf(new Uint8Array(await many.arrayBuffer()), pictures).map(stateOf)).toEqual(allCome);
});
