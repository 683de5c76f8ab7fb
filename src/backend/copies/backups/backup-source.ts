import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FolderKey } from '../../../stores/port.js';
import { openKeyRing } from '../../keys/key-set.js';
import type { KeyWrapper } from '../../keys/key-wrapper.js';
import type { CopySource } from '../copied-image.js';
import { createOpenedKeys, type OpenedKeys } from '../opened-keys.js';
import type { BackupKeys } from './backup-keys.js';
import type { BackupReader, DamagedPiece } from './backup-reader.js';

/** What opens the key ring of a backup. */
export interface BackupUnlocking {
  wrappers: readonly [KeyWrapper, ...KeyWrapper[]];
  randomBytes(length: number): Uint8Array;
}

/** @throws PixstoreError `MASTER_KEY_MISMATCH`, `KEY_WRAPPER_FAILED`, `KEY_WRAPPER_TIMEOUT` */
export async function openBackupKeys(
  { ring }: BackupKeys,
  { wrappers, randomBytes }: BackupUnlocking,
): Promise<OpenedKeys> {
  const { set } = await openKeyRing({ version: 1, bytes: ring }, wrappers);
  return createOpenedKeys(set, randomBytes);
}

const keysAtOnce = 500;

/** Told of what does not come along. */
export interface LeftOut {
  /** It cannot be read. */
  onDamage(piece: DamagedPiece): void;
  /** The keys of so many images were destroyed. */
  onErased(images: number): void;
}

/** The images of a backup, to be copied into a store. */
export function createBackupSource(
  reader: BackupReader,
  keys: OpenedKeys,
  { onDamage, onErased }: LeftOut,
): CopySource {
  const latest = (folder: string): FolderKey | null => {
    const all = reader.folderKeys.get(folder) ?? [];
    return all.reduce<FolderKey | null>((last, key) => (key.generation > (last?.generation ?? 0) ? key : last), null);
  };

  return {
    keys,
    storeId: reader.keys.store,
    async *batches() {
      for await (const { images, erased } of reader.batches((piece) => onDamage(piece))) {
        onErased(erased);
        yield images;
      }
    },
    again: async () => null, // a backup does not change
    async *ids() {
      for await (const { id } of reader.images()) yield id;
    },
    folderKey: async (folder) => latest(folder),
    async *folderKeys() {
      const all = [...reader.folderKeys.values()].flat();
      for (let at = 0; at < all.length; at += keysAtOnce) {
        await nextTurn();
        yield all.slice(at, at + keysAtOnce);
      }
    },
    count: async () => reader.head.images,
    lastRemovedToken: async () => reader.head.lastRemovedToken,
  };
}
