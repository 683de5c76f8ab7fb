import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore, createPixstoreBackend, type ImageStore } from '../../../src/backend/index.js';
import { quietLogger } from '../../support/backend.js';
import { oldKey } from '../../support/keys.js';
import { photo } from '../../support/photos.js';
import { resizing } from '../../support/resizing.js';
import { drain } from './place.js';

const cat = photo('cat.png');

/** A backend whose next ciphertext is on its way for as long as an exchange of the master key after a leak takes. */
async function openSlowly() {
  const store = createMemoryStore();
  let meanwhile: (() => Promise<unknown>) | undefined;
  const slow: ImageStore = Object.assign(Object.create(store), {
    async open(...which: Parameters<ImageStore['open']>) {
      const part = await store.open(...which);
      const work = meanwhile;
      meanwhile = undefined;
      await work?.();
      return part;
    },
  });
  const backend = createPixstoreBackend({
    ...{ store: slow, masterKey: oldKey, defaultEndpointEnabled: false, errorHandlingMode: 'throw' },
    logger: quietLogger(),
    processing: resizing({ widths: { thumb: 40 } }),
  });
  onTestFinished(() => backend.close());
  const bare = createPixstoreBackend({
    ...{ store, masterKey: oldKey, defaultEndpointEnabled: false, errorHandlingMode: 'throw' },
    logger: quietLogger(),
  });
  const { id } = await bare.saveImage(cat, { id: 'one' });
  return {
    backend,
    id,
    exchangeDuringNextRead() {
      meanwhile = () => drain(backend.rotateMasterKey({ compromised: true }));
    },
    deleteDuringNextRead() {
      meanwhile = async () => {
        await drain(backend.rotateMasterKey({ compromised: true }));
        await backend.deleteImage(id);
      };
    },
  };
}

// The key of the folder that the part was found with is destroyed by then.
test('an image whose keys are exchanged while it is read is read all the same', async () => {
  const { backend, id, exchangeDuringNextRead } = await openSlowly();
  exchangeDuringNextRead();
  expect((await backend.readImage(id))?.bytes.length).toBe(cat.length);
});

test('one that is deleted as well is not there', async () => {
  const { backend, id, deleteDuringNextRead } = await openSlowly();
  deleteDuringNextRead();
  expect(await backend.readImage(id)).toBeNull();
});

test('a client that needs its key is answered', async () => {
  const { backend, id, exchangeDuringNextRead } = await openSlowly();
  await drain(backend.rotateMasterKey({ compromised: true })); // proofs of before such an exchange are refused
  const { statelessProof = '' } = backend.getImageRecord(id) ?? {};
  exchangeDuringNextRead();
  const payload = await backend.customEndpointHelper(id, undefined, statelessProof);
  expect(payload[0]).toBe(1); // updated: with the key
});

test('a rebuild gives it its variants', async () => {
  const { backend, exchangeDuringNextRead } = await openSlowly();
  exchangeDuringNextRead();
  expect(await drain(backend.rebuild())).toMatchObject([{ outcome: 'completed', variants: ['thumb'] }]);
});
