import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf, imageIdOf, isImageId, variantOf } from '../../shared/protocol/image-id.js';
import type { ExpectedToken, ImageStore, PartName, PartRecord } from '../../stores/port.js';
import type { ImageRecord } from '../../types/index.js';
import type { Audience } from '../keys/audience.js';
import type { Proofs } from '../keys/proofs.js';
import type { StoreKeys } from '../keys/store-keys.js';
import type { RandomBytes } from './encryption.js';
import { newImageId, readSaveOptions, requireDir, requireImageId, type SaveOptions } from './ids.js';
import type { NewParts, PartMaker } from './new-parts.js';
import type { SealParts } from './part-sealer.js';
import { type QuotaOf, requireRoom } from './quotas.js';
import { createRecords, toMeta, toRecord, type Wish } from './records.js';
import { createSerializer } from './serialize.js';
import { tokenAfter } from './tokens.js';

export interface ImagesOptions {
  store: ImageStore;
  keys: StoreKeys;
  proofs: Proofs;
  partMaker: PartMaker;
  sealParts: SealParts;
  quotaOf: QuotaOf;
  now: () => number;
  randomBytes: RandomBytes;
}

// Each means that somebody else was first.
const mostTries = 1_000;

/** The life of an image: inspected, encrypted under a key of its own, kept, handed out, removed. */
export type Images = ReturnType<typeof createImages>;

export function createImages(given: ImagesOptions) {
  const { store, keys, proofs, partMaker, sealParts, quotaOf, randomBytes, ...options } = given;
  const now = () => Math.floor(options.now()); // tokens are whole numbers, whatever the clock
  const oneByOne = createSerializer();
  const records = createRecords({ keys, proofs });

  /** @returns the record of the new version, or null when what is stored is not the expected version */
  async function put(
    id: string,
    token: number,
    parts: NewParts,
    expectedToken: ExpectedToken,
    audience: Audience,
  ): Promise<ImageRecord | null> {
    const sealed = await sealParts(id, token, parts);
    // Before anything is stored: where no proof can be made, nothing is saved.
    const statelessProof = proofs.prove(id, audience);
    const storing = store.put({ id, token, parts: sealed, quota: quotaOf(id) }, expectedToken);
    // Made while the disk is at work.
    const [{ key, info, ciphertext, ...original }] = parts;
    const record = toRecord({ id, token, meta: toMeta(key, original), info, size: ciphertext.length }, statelessProof);
    return (await storing) ? record : null;
  }

  /**
   * Keeps an image that is not there yet.
   *
   * @param chosen - may another image have the id?
   * @throws PixstoreError `IMAGE_ID_TAKEN`
   */
  async function keepNew(id: string, chosen: boolean, parts: NewParts, audience: Audience): Promise<ImageRecord> {
    let token = now();
    for (let tries = 0; tries < mostTries; tries += 1) {
      if (chosen && (await store.record(id))) throw taken();
      const record = await put(id, token, parts, null, audience);
      if (record) return record;
      // Either the id was taken since we looked, or an image with a higher token was removed.
      token = Math.max(now(), tokenAfter(await store.lastRemovedToken()));
    }
    throw refusedAlways();
  }

  return {
    /** @throws PixstoreError what `takeIn`, `readSaveOptions` and `newImageId` throw, or `IMAGE_ID_TAKEN` */
    async save(bytes: Uint8Array, where?: string | SaveOptions): Promise<ImageRecord> {
      const { audience, ...destination } = readSaveOptions(where);
      const { id, chosen } = newImageId(destination, randomBytes);
      try {
        const room = requireRoom(store, id, quotaOf(id));
        if (room) await room;
      } catch (error) {
        // Who saves something a second time is to hear that it is there, also when the folder is full.
        if (chosen && (await store.record(id))) throw taken();
        throw error;
      }
      const parts = await partMaker.partsOfFile(bytes, folderOf(id));
      return keepNew(id, chosen, parts, audience);
    },

    keepNew,

    /** @throws PixstoreError what `takeIn` throws, or `IMAGE_NOT_FOUND` */
    async update(givenId: string, bytes: Uint8Array, audience: Audience): Promise<ImageRecord> {
      const id = requireImageId(givenId);
      const parts = await partMaker.partsOfFile(bytes, folderOf(id));
      return oneByOne(id, async () => {
        let token = now();
        for (let tries = 0; tries < mostTries; tries += 1) {
          // The clock is above the token of what is stored, almost always: then nobody has to look that up first.
          const record = await put(id, token, parts, 'older', audience);
          if (record) return record;
          const current = await store.record(id);
          if (!current) throw notFound();
          token = Math.max(now(), tokenAfter(current.token));
        }
        throw refusedAlways();
      });
    },

    async remove(givenId: string): Promise<boolean> {
      const id = requireImageId(givenId);
      return oneByOne(id, () => store.remove(id));
    },

    /** @throws PixstoreError `IMAGE_DIR_INVALID` */
    removeAll: async (dir: string): Promise<number> => store.eraseFolder(requireDir(dir)),

    /** @throws PixstoreError `SYNC_UNSUPPORTED` or `IMAGE_ID_INVALID` */
    exists: (id: string): boolean => lookUpNow(requireImageId(id)) !== null,

    /** @throws PixstoreError `SYNC_UNSUPPORTED`, `IMAGE_ID_INVALID` or `SEALED_KEY_INVALID` */
    record(givenId: string, wish: Wish): ImageRecord | null {
      const id = requireImageId(givenId);
      const found = wish.variants ? versionNow(id) : [lookUpNow(id, wish.variant)];
      return isFound(found) ? records.open(found, wish) : null;
    },

    /**
     * Records for many ids, of images or of variants, in the order asked for. One that fails fails alone.
     *
     * @throws PixstoreError `IMAGE_ID_INVALID` when `ids` is no list
     */
    async records(ids: readonly unknown[], wish: Wish): Promise<PromiseSettledResult<ImageRecord | null>[]> {
      if (!Array.isArray(ids))
        throw new PixstoreError(
          'IMAGE_ID_INVALID',
          'Records are asked for by a list of ids. Use getImageRecord for one.',
        );
      const names = ids.map((id) => partNamed(id, wish.variant));
      const found = await lookUp(
        names.filter((name) => name !== undefined),
        wish,
      );
      let next = 0;
      return names.map((name, index) => {
        try {
          if (!name) requireImageId(ids[index]); // which it is not
          const parts = found[next++] ?? [];
          return { status: 'fulfilled', value: isFound(parts) ? records.open(parts, wish) : null };
        } catch (reason) {
          return { status: 'rejected', reason };
        }
      });
    },
  };

  /** For each name: the part; when variants are wished for, all parts of the image; none, or null, when there is none. */
  async function lookUp(names: readonly PartName[], wish: Wish): Promise<(readonly (PartRecord | null)[])[]> {
    const found = wish.variants
      ? await Promise.all(names.map(withVariants))
      : (await store.records(names)).map((part) => [part]);
    const ready = keys.ready(found.flat());
    if (ready) await ready;
    return found;
  }

  function requireSync(): void {
    if (!store.supports.syncRecords) throw syncUnsupported();
  }

  function lookUpNow(id: string, variant?: string): PartRecord | null {
    requireSync();
    return store.record(id, variant) as PartRecord | null;
  }

  function versionNow(id: string): PartRecord[] {
    requireSync();
    return store.version(id) as PartRecord[];
  }

  /** A variant has none itself. */
  async function withVariants({ id, variant }: PartName): Promise<readonly (PartRecord | null)[]> {
    return variant === undefined ? store.version(id) : [await store.record(id, variant)];
  }
}

function isFound(parts: readonly (PartRecord | null)[]): parts is readonly [PartRecord, ...PartRecord[]] {
  return parts.length > 0 && parts.every((part) => part !== null);
}

/** @returns undefined for what is no id, or is a variant's already when a variant is asked for */
function partNamed(id: unknown, variant: string | undefined): PartName | undefined {
  if (!isImageId(id)) return undefined;
  const own = variantOf(id);
  if (variant !== undefined && own !== undefined) return undefined;
  return { id: imageIdOf(id), variant: variant ?? own };
}

export function syncUnsupported(): PixstoreError {
  return new PixstoreError(
    'SYNC_UNSUPPORTED',
    'This store answers asynchronously only. Use "await getImageRecords([id])" instead.',
  );
}

function refusedAlways(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The store refused the new version again and again, whatever its token. Try again; if it stays so, restore it from a backup.',
  );
}

function taken(): PixstoreError {
  return new PixstoreError(
    'IMAGE_ID_TAKEN',
    'An image with this id exists already. Use updateImage to replace it, or choose another id.',
  );
}

function notFound(): PixstoreError {
  return new PixstoreError(
    'IMAGE_NOT_FOUND',
    'There is no image with this id to update. Save it with saveImage first.',
  );
}
