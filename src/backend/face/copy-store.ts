import { requireArrived } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageStore } from '../../stores/port.js';
import type { CopyOptions } from '../copies/copy-store.js';
import type { CopyProgress } from '../copies/copying.js';
import type { PixstoreBackend } from './public-api.js';

export interface CopyStoreOptions extends CopyOptions {
  /** The backend whose store is copied: it has the keys. It may go on being used. */
  from: Pick<PixstoreBackend, 'copyTo'>;
  /** A new store, which nobody else uses until it is whole. */
  to: ImageStore;
}

/**
 * Copies all images of a store into another one, to move to another machine, database or object store, and back: ids,
 * tokens, ciphertexts and keys stay what they are, so records that the application keeps stay good, too, and the same
 * master keys open both. Every image is read back from the new store, decrypted and compared.
 *
 * It may go on while images are saved, updated and deleted: what was changed since it came by is copied by the next walk,
 * and what was removed is removed at the end. Ended early, by its signal or a crash, the next call goes on. Until the last
 * walk is done the copy cannot be opened (`COPY_UNFINISHED`). What is changed after that walk stays in the old store: stop
 * writing to it before the last call.
 *
 * @throws PixstoreError `COPY_REFUSED` when `to` is not a new store, `COPY_FAILED` when it does not keep what it is given,
 * `CONFIG_INVALID`, `STORAGE_FULL`, `STORAGE_FAILED`, in every error mode; what the signal aborts with. One image that is
 * damaged does not end it: it is in `failures`
 * @example
 * const to = openLocalStore({ databasePath: '/new/images.sqlite', imageRootDir: '/new/images' });
 * for await (const { step, done, total, failures } of copyStore({ from: backend, to })) console.log(step, done, total, failures);
 * await to.close();
 */
export function copyStore(options: CopyStoreOptions): AsyncIterable<CopyProgress> {
  requireArrived(options, ['from', 'to'], 'copyStore');
  const { from, to, ...others } = options ?? {};
  if (typeof from?.copyTo !== 'function' || typeof to?.putKeyRing !== 'function') {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'The options of copyStore are { from, to }: the backend whose store is copied, and the store that it is copied into.',
    );
  }
  return from.copyTo(to, others);
}
