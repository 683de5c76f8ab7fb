import { expect, test } from 'vitest';
import { createHeldBlobs } from '../../../../src/frontend/loading/held-blobs.js';
import { collect, collectGarbage } from '../collect-garbage.js';

const picture = () => ({ bytes: Uint8Array.of(1, 2, 3), type: 'image/png' });

test('who asks for the same name gets the same Blob, and another for another', () => {
  const blobs = createHeldBlobs();
  const blob = blobs.of('a,1', picture());
  expect(blob).toMatchObject({ size: 3, type: 'image/png' });
  expect(blobs.of('a,1', picture())).toBe(blob);
  expect(blobs.get('a,1')).toBe(blob);
  expect(blobs.of('a,2', picture())).not.toBe(blob);
  expect(blobs.get('b,1')).toBeUndefined();
});

test('a Blob that nobody holds is gone', async () => {
  const blobs = createHeldBlobs();
  const held = blobs.of('held,1', picture());
  blobs.of('dropped,1', picture());
  await collectGarbage();
  expect(blobs.get('dropped,1')).toBeUndefined();
  expect(blobs.get('held,1')).toBe(held);
});

test('a Blob that replaced one stays known when the end of that one is told of', async () => {
  const blobs = createHeldBlobs();
  blobs.of('a,1', picture());
  await new Promise(setImmediate);
  collect();
  const second = blobs.of('a,1', picture());
  await collectGarbage();
  expect(blobs.get('a,1')).toBe(second);
});

test('the bytes are copied: who changes his own changes no Blob', async () => {
  const blobs = createHeldBlobs();
  const mine = picture();
  const blob = blobs.of('a,1', mine);
  mine.bytes.fill(9);
  expect(new Uint8Array(await blob.arrayBuffer())).toEqual(picture().bytes);
});
