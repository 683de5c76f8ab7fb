import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WirePayloadState } from '../../src/shared/index.js';
import { openBackend } from '../support/backend.js';
import { filesIn } from '../support/blobs.js';
import { photo } from '../support/photos.js';
import { withMorePixels } from '../support/small-picture.js';

const mebibyte = 1024 * 1024;
const size = 50 * mebibyte; // what a server accepts by default
const large = withMorePixels(photo('cat.png'), Buffer.alloc(size - photo('cat.png').length - 12));

type Backend = Awaited<ReturnType<typeof openBackend>>;

test.each<[string, (backend: Backend) => Promise<unknown>]>([
  ['bytes', (backend) => backend.saveImage(large)],
  ['a Blob', (backend) => backend.saveImage(new Blob([large]))],
  ['three at once', (backend) => Promise.all([1, 2, 3].map(() => backend.saveImage(large)))],
  ['an update', (backend) => backend.updateImage('hot', large)],
])('50 MiB as %s are encrypted in small pieces, and others are served after each', async (_, upload) => {
  const backend = await openBackend();
  const neighbour = await backend.saveImage(photo('brick.webp'), { id: 'neighbour' });
  // One that lies in a file, so that all that is done but once has been done.
  await backend.saveImage(photo('cat.png'), { id: 'hot' });
  const filesNow = () => filesIn(join(backend.folder, 'images')).length;
  const before = filesNow();
  const { id, token, statelessProof } = neighbour ?? {};
  let isSaving = true;
  const saving = upload(backend).finally(() => {
    isSaving = false;
  });
  // Before the first byte is written: writing is done by other threads.
  let served = 0;
  while (isSaving) {
    const payload = await backend.customEndpointHelper(id, token, statelessProof);
    expect(payload?.[0]).toBe(WirePayloadState.Success);
    if (filesNow() === before) served += 1;
    await nextTurn();
  }
  await saving;
  expect(served).toBeGreaterThan(size / mebibyte - 5);
});
