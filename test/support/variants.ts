import { encryptImage } from '../../src/backend/images/encryption.js';
import { inspectImage } from '../../src/backend/images/inspect.js';
import { createPooledRandom } from '../../src/backend/images/random.js';
import { sealKey } from '../../src/backend/keys/sealing.js';
import { folderOf } from '../../src/shared/protocol/image-id.js';
import type { ImageStore, Part } from '../../src/stores/port.js';
import { storeKeysOf } from './keys.js';

/** Adds a variant to an image, as whoever makes them will: under a key of its own. */
export async function addVariant(
  store: ImageStore,
  masterKey: string,
  id: string,
  variant: string,
  bytes: Uint8Array,
): Promise<string[] | null> {
  const randomBytes = createPooledRandom();
  const keys = storeKeysOf(store, masterKey);
  await keys.open();
  const token = (await store.record(id))?.token ?? 0;
  const info = inspectImage(bytes, ['png', 'webp', 'jpg']);
  const { key, iv, tag, ciphertext } = await encryptImage(info.format, bytes, randomBytes);
  const sealedKey = sealKey({ key, info }, { id, variant, token }, await keys.folderKey(folderOf(id)), randomBytes);
  const part: Part = { variant, sealedKey, iv, tag, ciphertext };
  return store.addParts(id, token, [part]);
}
