import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf } from '../../shared/protocol/image-id.js';
import type { FolderKey, SealedKey } from '../../stores/port.js';
import { unwrapFolderKey, wrappingKeyOf } from '../keys/folder-key.js';
import type { KeySet } from '../keys/key-set.js';
import { type ImageKey, type OpeningKeys, openSealed, sealContents, unsealKey } from '../keys/sealing.js';

/** What opens the parts of a store, or of a backup of it, whatever becomes of its keys meanwhile. */
export type OpenedKeys = ReturnType<typeof createOpenedKeys>;

/** @param set - those of its key ring */
export function createOpenedKeys(set: KeySet, randomBytes: (length: number) => Uint8Array) {
  /** @throws PixstoreError `MASTER_KEY_MISMATCH`, `SEALED_KEY_INVALID` */
  function openFolderKey({ folder, generation, wrapped }: FolderKey): Uint8Array {
    const storeKey = wrapped && set.storeKeys.find(({ id }) => id === wrappingKeyOf(wrapped));
    if (!wrapped || !storeKey) throw notAtHand();
    return unwrapFolderKey(wrapped, { folder, generation }, storeKey);
  }

  function openingKeys({ id, folderKey }: SealedKey): OpeningKeys {
    return {
      folderKey() {
        if (folderKey?.folder !== folderOf(id)) throw notAtHand();
        return openFolderKey(folderKey);
      },
      sealingKey(masterKeyId) {
        const key = set.sealingKeys.get(masterKeyId);
        if (!key) throw notAtHand();
        return key;
      },
    };
  }

  /** The key and what is known of the picture, as they are in the box. @throws as `unseal` */
  const contentsOf = (part: SealedKey): Uint8Array => openSealed(part.sealedKey, part, openingKeys(part));

  return {
    /** @throws PixstoreError `SEALED_KEY_INVALID`, `MASTER_KEY_MISMATCH` */
    unseal: (part: SealedKey): ImageKey => unsealKey(part.sealedKey, part, openingKeys(part)),

    contentsOf,

    /** Seals the same with another key of its folder. */
    reseal: (part: SealedKey, folderKey: FolderKey): Uint8Array =>
      sealContents(
        contentsOf(part),
        part,
        { generation: folderKey.generation, key: openFolderKey(folderKey) },
        randomBytes,
      ),
  };
}

function notAtHand(): PixstoreError {
  return new PixstoreError(
    'MASTER_KEY_MISMATCH',
    'The key of an image was sealed with a key that is not at hand: the keys of the store were exchanged after a leak of the master key. Begin again; what was copied stays.',
  );
}
