import { readCallOptions, requireArrived } from '../../shared/call-options.js';
import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { pagesOf } from '../../shared/pages.js';
import { isToken } from '../../shared/protocol/image-id.js';
import type { ImageStore, PartRecord } from '../../stores/port.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { readSignal } from '../read-signal.js';
import { encryptImage, type RandomBytes } from './encryption.js';
import { requireDir } from './ids.js';
import type { NewPart } from './new-parts.js';
import type { SealParts } from './part-sealer.js';
import { createThrottle, type Rate, readRate } from './rate.js';
import type { Reading } from './reading.js';
import { pictureIn } from './rebuilding.js';
import { tokenAfter } from './tokens.js';

/** Which images get new keys. */
export interface ReencryptOptions {
  /** Those of before this time, in ms since 1970. Default: now. */
  before?: number;
  /** A folder. Default: all images. */
  dir?: string;
  /** How much a second, at most. */
  rate?: Rate;
  /** Stops it, between two images; what was done stays done. */
  signal?: AbortSignal;
}

/** What became of an image. */
export interface ReencryptedImage {
  id: string;
  /** `unchanged`: it is of later, or was deleted meanwhile. `failed`: nothing was changed, for the reason that `error` says. */
  outcome: 'reencrypted' | 'unchanged' | 'failed';
  error?: PixstoreError;
  /** How many images this was, since it began. */
  done: number;
  /** Images that there are, about. */
  total: number;
  /** Bytes that were encrypted, since it began. */
  bytes: number;
}

/** @throws PixstoreError `CONFIG_INVALID` or `IMAGE_DIR_INVALID` */
export function readReencryptOptions(given: ReencryptOptions | undefined): ReencryptOptions {
  const caller = 'reencrypt';
  requireArrived(given, ['dir', 'before'], caller);
  const { before, dir, rate, signal } = readCallOptions(given ?? {}, ['before', 'dir', 'rate', 'signal'], caller);
  if (before !== undefined && !isToken(before)) {
    throw new PixstoreError('CONFIG_INVALID', 'The option "before" of reencrypt must be a time, in ms since 1970.');
  }
  const stop = readSignal(signal, caller);
  return {
    ...(before !== undefined && { before }),
    ...(dir !== undefined && { dir: requireDir(dir) }),
    rate: readRate(rate, caller),
    ...(stop && { signal: stop }),
  };
}

export interface ReencryptionOptions {
  store: ImageStore;
  keys: StoreKeys;
  reading: Reading;
  sealParts: SealParts;
  now(): number;
  randomBytes: RandomBytes;
}

// One is read while another is written.
const atOnce = 4;

const mostTries = 100;

/** Gives images new keys and new bytes, of the same pictures. */
export function createReencryption({ store, keys, reading, sealParts, now, randomBytes }: ReencryptionOptions) {
  /** A token from the future is of a clock that was wrong, and says nothing of when it was made. */
  const isOfLater = (token: number, before: number) => token >= before && token <= now();

  /** @returns null when the image is not in that version any more */
  async function renew({ id, variant, token }: PartRecord): Promise<NewPart | null> {
    const stored = await reading.read(id, variant);
    const record = await store.record(id, variant);
    if (stored?.token !== token || record?.token !== token) return null;
    await keys.ready([record]);
    const { bytes: _, ...described } = pictureIn(stored.bytes, stored.format, keys.unseal(record).info);
    return { ...(await encryptImage(stored.format, stored.bytes, randomBytes)), variant, info: described };
  }

  /** @returns how many bytes were encrypted: 0 when it is not to be; null when somebody else has changed it meanwhile */
  async function reencryptOnce(id: string, before: number): Promise<number | null> {
    const [original, ...variants] = await store.version(id);
    if (!original || isOfLater(original.token, before)) return 0;
    const parts: NewPart[] = [];
    for (const part of [original, ...variants]) {
      const renewed = await renew(part);
      if (!renewed) return null;
      parts.push(renewed);
    }
    // A variant that was added meanwhile would be lost.
    if ((await store.version(id)).length !== parts.length) return null;
    const token = Math.max(Math.floor(now()), tokenAfter(original.token));
    const isPut = await store.put({ id, token, parts: await sealParts(id, token, parts) }, original.token);
    return isPut ? parts.reduce((sum, { ciphertext }) => sum + ciphertext.length, 0) : null;
  }

  async function reencrypt(id: string, before: number) {
    try {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const bytes = await reencryptOnce(id, before);
        if (bytes !== null)
          return { id, bytes, outcome: bytes === 0 ? ('unchanged' as const) : ('reencrypted' as const) };
      }
      throw changedAlways();
    } catch (error) {
      if (!(error instanceof PixstoreError) || endsAll[error.code]) throw error;
      return { id, bytes: 0, outcome: 'failed' as const, error };
    }
  }

  return {
    async *reencrypt(options: ReencryptOptions): AsyncGenerator<ReencryptedImage, void, void> {
      const { before = Math.floor(now()), dir, rate = {}, signal } = options;
      signal?.throwIfAborted();
      const throttle = createThrottle({ rate, signal });
      const { images: total } = await store.usage();
      let [done, bytes] = [0, 0];
      for await (const page of pagesOf(store.list(dir === undefined ? '' : `${dir}:`), atOnce)) {
        for (const renewed of await Promise.all(page.map((id) => reencrypt(id, before)))) {
          done += 1;
          bytes += renewed.bytes;
          yield { ...renewed, done, total, bytes };
          if (renewed.outcome !== 'unchanged') await throttle(1, renewed.bytes);
        }
        signal?.throwIfAborted();
      }
    },
  };
}

export type Reencryption = ReturnType<typeof createReencryption>;

// A full disk fails every image: what is not written now is written by the next call.
const endsAll: Partial<Record<PixstoreErrorCode, true>> = {
  STORAGE_FULL: true,
  STORE_CLOSED: true,
  STORE_SUPERSEDED: true,
  IMAGE_DIR_MISSING: true,
};

function changedAlways(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The image was changed again and again while it was given new keys. Do it again when it is quiet.',
  );
}
