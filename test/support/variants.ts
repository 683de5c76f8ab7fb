import { encryptImage } from '../../src/backend/images/encryption.js';
import { inspectImage } from '../../src/backend/images/inspect.js';
import { createPooledRandom } from '../../src/backend/images/random.js';
import { deriveMasterKey } from '../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../src/backend/keys/master-key-wrapper.js';
import { sealKey } from '../../src/backend/keys/sealing.js';
import { createStoreKeys } from '../../src/backend/keys/store-keys.js';
import type { ImageStore, Part } from '../../src/backend/storage/port.js';
import { folderOf } from '../../src/shared/image-id.js';

/** Adds a variant to an image, as whoever makes them will: under a key of its own. */
export async function addVariant(
  store: ImageStore,
  masterKey: string,
  id: string,
  variant: string,
  bytes: Uint8Array,
): Promise<string[] | null> {
  const randomBytes = createPooledRandom();
  const master = deriveMasterKey(Buffer.from(masterKey, masterKey.length === 64 ? 'hex' : 'base64'));
  const keys = createStoreKeys({
    ...{ store, masters: [master], randomBytes, now: Date.now, proofLifetime: 40_000 },
    wrappers: [masterKeyWrapper(master, randomBytes)],
    onLost: () => {},
  });
  await keys.open();
  const token = (await store.record(id))?.token ?? 0;
  const info = inspectImage(bytes, ['png', 'webp', 'jpg']);
  const { key, iv, tag, ciphertext } = await encryptImage(info.format, bytes, randomBytes);
  const sealedKey = sealKey({ key, info }, { id, variant, token }, await keys.sealingKey(folderOf(id)), randomBytes);
  const part: Part = { variant, sealedKey, iv, tag, ciphertext };
  return store.addParts(id, token, [part]);
}
