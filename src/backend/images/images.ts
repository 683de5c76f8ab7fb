import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isToken } from '../../shared/image-id.js';
import type { ImageFormat, ImageMeta, ImageRecord } from '../../types/index.js';
import type { Audience } from '../keys/audience.js';
import { requireKeys } from '../keys/load-keyring.js';
import type { Keyring } from '../keys/master-key.js';
import type { Proofs } from '../keys/proofs.js';
import { sealKey, unsealKey } from '../keys/sealing.js';
import type { ExpectedToken, ImageStore, PartRecord } from '../storage/port.js';
import { type EncryptedImage, encryptImage, type RandomBytes } from './encryption.js';
import { newImageId, readSaveOptions, requireImageId, type SaveOptions } from './ids.js';
import { inspectImage } from './inspect.js';
import { createSerializer } from './serialize.js';

export interface ImagesOptions {
  store: ImageStore;
  keyring: Keyring;
  proofs: Proofs;
  imageFormats: readonly ImageFormat[];
  now: () => number;
  randomBytes: RandomBytes;
}

// Each means that somebody else was first.
const mostTries = 1_000;

/** The life of an image: inspected, encrypted under a key of its own, kept, handed out, removed. */
export type Images = ReturnType<typeof createImages>;

export function createImages({ store, keyring, proofs, imageFormats, randomBytes, ...options }: ImagesOptions) {
  const now = () => Math.floor(options.now()); // tokens are whole numbers, whatever the clock
  const oneByOne = createSerializer();
  // Stores may give the same object again for a record that has not changed; then the work for it is done already.
  const handouts = new WeakMap<PartRecord, Handout>();
  let keyNoted = false;

  const encrypt = (bytes: Uint8Array) => encryptImage(inspectImage(bytes, imageFormats).format, bytes, randomBytes);

  /** Before the first image is sealed here, the store must know of the key, or losing it would go unnoticed. */
  async function noteSealingKey(): Promise<void> {
    if (keyNoted) return;
    // Another process may have started on the same empty store with other keys.
    requireKeys(await store.masterKeyIds(), keyring);
    await store.noteMasterKey(keyring[0].id);
    requireKeys(await store.masterKeyIds(), keyring);
    keyNoted = true;
  }

  /** @returns the record of the new version, or null when what is stored is not the expected version */
  async function put(
    id: string,
    token: number,
    image: EncryptedImage,
    expectedToken: ExpectedToken,
    audience: Audience,
  ): Promise<ImageRecord | null> {
    const { key, iv, tag, ciphertext } = image;
    const sealedKey = sealKey(key, { id, token }, keyring[0], randomBytes);
    const storing = store.put({ id, token, parts: [{ id, sealedKey, iv, tag, ciphertext }] }, expectedToken);
    // Made while the disk is at work.
    const record = { id, token, meta: toMeta(key, image), statelessProof: proofs.prove(id, audience) };
    return (await storing) ? record : null;
  }

  return {
    /** @throws PixstoreError what `inspectImage`, `readSaveOptions` and `newImageId` throw, or `IMAGE_ID_TAKEN` */
    async save(bytes: Uint8Array, where?: string | SaveOptions): Promise<ImageRecord> {
      const { audience, ...place } = readSaveOptions(where);
      const { id, chosen } = newImageId(place, randomBytes);
      const image = await encrypt(bytes);
      await noteSealingKey();
      let token = now();
      for (let tries = 0; tries < mostTries; tries += 1) {
        if (chosen && (await store.record(id))) throw taken();
        const record = await put(id, token, image, null, audience);
        if (record) return record;
        // Either the id was taken since we looked, or an image with a higher token was removed.
        token = Math.max(now(), tokenAfter(await store.lastRemovedToken()));
      }
      throw refusedAlways();
    },

    /** @throws PixstoreError what `inspectImage` throws, or `IMAGE_NOT_FOUND` */
    async update(givenId: string, bytes: Uint8Array, audience: Audience): Promise<ImageRecord> {
      const id = requireImageId(givenId);
      const image = await encrypt(bytes);
      return oneByOne(id, async () => {
        await noteSealingKey();
        let token = now();
        for (let tries = 0; tries < mostTries; tries += 1) {
          // The clock is above the token of what is stored, almost always: then nobody has to look that up first.
          const record = await put(id, token, image, 'older', audience);
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

    /** @throws PixstoreError `SYNC_UNSUPPORTED` or `IMAGE_ID_INVALID` */
    exists: (id: string): boolean => lookUpNow(requireImageId(id)) !== null,

    /** @throws PixstoreError `SYNC_UNSUPPORTED`, `IMAGE_ID_INVALID` or `SEALED_KEY_INVALID` */
    record(id: string, audience: Audience): ImageRecord | null {
      const part = lookUpNow(requireImageId(id));
      return part && open(part, audience);
    },

    /**
     * What the store has for many ids; `open` makes a record of each.
     *
     * @throws PixstoreError `IMAGE_ID_INVALID` when `ids` is no list; entries are not checked
     */
    async lookUp(ids: readonly unknown[]): Promise<(PartRecord | null)[]> {
      if (!Array.isArray(ids))
        throw new PixstoreError(
          'IMAGE_ID_INVALID',
          'Records are asked for by a list of ids. Use getImageRecord for one.',
        );
      return store.records(ids.map((id) => (typeof id === 'string' ? id : '')));
    },

    open,
  };

  function lookUpNow(id: string): PartRecord | null {
    if (!store.supports.syncRecords) {
      throw new PixstoreError(
        'SYNC_UNSUPPORTED',
        'This store answers asynchronously only. Use "await getImageRecords([id])" instead.',
      );
    }
    return store.record(id) as PartRecord | null;
  }

  function open(part: PartRecord, audience: Audience): ImageRecord {
    let handout = handouts.get(part);
    if (!handout) {
      handout = { meta: toMeta(unsealKey(part.sealedKey, part, keyring), part) };
      handouts.set(part, handout);
    }
    // The meta is copied: what is handed out is the caller's to change.
    const { id, token } = part;
    const statelessProof = audience === null ? commonProof(id, handout) : proofs.prove(id, audience);
    return { id, token, meta: { ...handout.meta }, statelessProof };
  }

  /** The same for everybody, so it is made once in a window. */
  function commonProof(id: string, handout: Handout): string {
    const window = proofs.currentWindow();
    if (handout.window !== window) Object.assign(handout, { window, proof: proofs.prove(id) });
    return handout.proof as string;
  }
}

/** What was made for a record before. */
interface Handout {
  meta: ImageMeta;
  window?: number;
  proof?: string;
}

function toMeta(key: Uint8Array, { iv, tag }: Pick<PartRecord, 'iv' | 'tag'>): ImageMeta {
  return { key: toBase64(key), iv: toBase64(iv), tag: toBase64(tag) };
}

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

/** @throws PixstoreError `DATABASE_ROW_INVALID`: the clock never gets there, so somebody else wrote it */
function tokenAfter(token: number): number {
  if (isToken(token) && isToken(token + 1)) return token + 1;
  throw new PixstoreError(
    'DATABASE_ROW_INVALID',
    'The store names a token above which there is none: it was changed, or is damaged. Restore it from a backup.',
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
