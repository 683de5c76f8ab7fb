import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { pagesOf } from '../../shared/pages.js';
import { mimeTypeOf } from '../../shared/protocol/formats.js';
import { isToken } from '../../shared/protocol/image-id.js';
import type { ImageStore, OpenedPart, PartRecord } from '../../stores/port.js';
import type { ImageFormat } from '../../types/index.js';
import { isOutdated } from '../keys/outdated.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { decryptImage } from './decryption.js';
import { requireDir, requireImageId, requireVariant } from './ids.js';

/** An image, decrypted on the server. */
export interface StoredImage {
  /** The image file, as it was saved; the caller's to keep. */
  bytes: Uint8Array<ArrayBuffer>;
  format: ImageFormat;
  /** Such as `image/jpeg`. */
  mimeType: string;
  /** In pixels, upright; undefined when it was saved before such was kept. */
  width: number | undefined;
  height: number | undefined;
  /** The number of the version. */
  token: number;
}

/** Which part of an image is read. */
export interface ReadOptions {
  /** The name of a variant. Default: the original. */
  variant?: string;
}

/** What is known of an image without decrypting it. */
export interface ListedImage {
  id: string;
  token: number;
  /** In pixels, upright; undefined when it was saved before such was kept. */
  width: number | undefined;
  height: number | undefined;
  /** Length of the image file. */
  bytes: number;
  /** Names of its variants, in ascending order. */
  variants: string[];
}

/** Which images are listed. */
export interface ListOptions {
  /** A folder. Default: all images. */
  dir?: string;
  /** The id of the last image that was seen: those that come after it are listed. */
  after?: string | undefined;
  /** How many at most. Default: all. */
  limit?: number | undefined;
}

// So many are looked up at once.
const pageLength = 100;

// What is encrypted begins with a byte for the format.
const formatLength = 1;

/** Images as the server itself sees them. */
export function createReading({ store, keys }: { store: ImageStore; keys: StoreKeys }) {
  async function describe(id: string): Promise<ListedImage | null> {
    const [original, ...variants] = await store.version(id);
    if (!original) return null;
    await keys.ready([original]);
    const { info } = keys.unseal(original);
    return {
      id,
      token: original.token,
      width: info?.width,
      height: info?.height,
      bytes: original.size - formatLength,
      variants: variants.map(({ variant }) => String(variant)).sort(),
    };
  }

  /** @throws PixstoreError `CIPHERTEXT_MISSING`, `SEALED_KEY_INVALID` */
  async function decrypt(part: OpenedPart): Promise<StoredImage> {
    try {
      await keys.ready([part]);
      const { key, info } = keys.unseal(part);
      const ciphertext = part.ciphertext ?? (await readWhole(part));
      const { format, bytes } = await decryptImage({ key, iv: part.iv, tag: part.tag, ciphertext });
      const { width, height } = info ?? {};
      return { bytes, format, mimeType: mimeTypeOf(format), width, height, token: part.token };
    } finally {
      await part.close();
    }
  }

  return {
    /** @throws PixstoreError `IMAGE_ID_INVALID` */
    async record(id: unknown, variant?: unknown): Promise<PartRecord | null> {
      return store.record(requireImageId(id), requireVariant(variant));
    },

    /** @throws PixstoreError `IMAGE_ID_INVALID`, `CIPHERTEXT_MISSING`, `SEALED_KEY_INVALID` */
    async read(id: unknown, variant?: unknown): Promise<StoredImage | null> {
      const which = [requireImageId(id), requireVariant(variant)] as const;
      for (;;) {
        const part = await store.open(...which, { inMemoryUpTo: Number.POSITIVE_INFINITY });
        try {
          return part && (await decrypt(part));
        } catch (error) {
          if (!part || !(await isOutdated(store, part))) throw error;
        }
      }
    },

    /** @throws PixstoreError `IMAGE_DIR_INVALID`, `IMAGE_ID_INVALID` */
    async *list({ dir, after, limit = Number.POSITIVE_INFINITY }: ListOptions): AsyncGenerator<ListedImage> {
      const prefix = dir === undefined ? '' : `${requireDir(dir)}:`;
      const ids = store.list(prefix, after === undefined ? '' : requireImageId(after));
      let left = requireLimit(limit);
      for await (const page of pagesOf(ids, Math.min(pageLength, limit))) {
        for (const image of await Promise.all(page.map(describe))) {
          if (left === 0) return;
          if (!image) continue; // it was deleted meanwhile
          yield image;
          left -= 1;
        }
      }
    },
  };
}

export type Reading = ReturnType<typeof createReading>;

/** @throws PixstoreError `CONFIG_INVALID` */
function requireLimit(limit: unknown): number {
  if (limit === Number.POSITIVE_INFINITY || isToken(limit)) return limit as number;
  throw new PixstoreError('CONFIG_INVALID', 'The option "limit" of listImages must be a whole number from 0 on.');
}

/** The ciphertext of a part that was opened. */
export async function readWhole(part: OpenedPart): Promise<Uint8Array> {
  const ciphertext = new Uint8Array(part.size);
  let at = 0;
  for await (const chunk of part.chunks()) {
    ciphertext.set(chunk, at);
    at += chunk.length;
  }
  return ciphertext;
}
