import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { ImageStore } from '../../../stores/port.js';
import { readKeyRing } from '../../keys/key-ring.js';
import type { BackupReader } from './backup-reader.js';

/** What a store and a backup differ in. */
interface Differences {
  onlyInStore: number;
  onlyInBackup: number;
  /** In another version. */
  changed: number;
}

async function compare(store: ImageStore, reader: BackupReader): Promise<Differences> {
  const found: Differences = { onlyInStore: 0, onlyInBackup: 0, changed: 0 };
  const ids = store.list()[Symbol.asyncIterator]();
  let next = await ids.next();
  for await (const { id, token } of reader.images()) {
    for (; !next.done && next.value < id; next = await ids.next()) found.onlyInStore += 1;
    if (next.done || next.value !== id) found.onlyInBackup += 1;
    else {
      if ((await store.record(id))?.token !== token) found.changed += 1;
      next = await ids.next();
    }
  }
  for (; !next.done; next = await ids.next()) found.onlyInStore += 1;
  return found;
}

/**
 * A store that is to be filled from a backup is a new one, or one that was begun to be.
 *
 * @throws PixstoreError `COPY_REFUSED`, which says what differs: whoever sees the store of today there must not lose it
 */
export async function requireNew(store: ImageStore, reader: BackupReader): Promise<void> {
  const ring = await store.keyRing();
  if (ring && readKeyRing(ring.bytes).owner.copying !== undefined) return;
  const { images } = await store.usage();
  if (images === 0) return; // the copy looks at the rest
  const { onlyInStore, onlyInBackup, changed } = await compare(store, reader);
  throw new PixstoreError(
    'COPY_REFUSED',
    `The store that is to be filled has ${images} images already: ${onlyInStore} that the backup has not, ${changed} in another version; the backup has ${onlyInBackup} that it has not. Nothing was changed. A backup is put back into a new store: name another database and folder.`,
  );
}
