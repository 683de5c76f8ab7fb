import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf, imageIdOf, isImageId, isToken, joinId, variantOf } from '../../shared/protocol/image-id.js';
import type { ExpectedToken, ImageStore, PartRecord } from '../../stores/port.js';
import type { ImageMeta, ImageRecord } from '../../types/index.js';
import type { Audience } from '../keys/audience.js';
import type { ImageInfo } from '../keys/image-info.js';
import type { ProofMaker, Proofs } from '../keys/proofs.js';
import { sealKey } from '../keys/sealing.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { type EncryptedImage, encryptImage, type RandomBytes } from './encryption.js';
import { newImageId, readSaveOptions, requireDir, requireImageId, type SaveOptions } from './ids.js';
import { type IntakeOptions, takeIn } from './intake.js';
import { createSerializer } from './serialize.js';

export interface ImagesOptions extends IntakeOptions {
  store: ImageStore;
  keys: StoreKeys;
  proofs: Proofs;
  now: () => number;
  randomBytes: RandomBytes;
}

// Each means that somebody else was first.
const mostTries = 1_000;

/** The life of an image: inspected, encrypted under a key of its own, kept, handed out, removed. */
export type Images = ReturnType<typeof createImages>;

export function createImages({ store, keys, proofs, randomBytes, ...options }: ImagesOptions) {
  const now = () => Math.floor(options.now()); // tokens are whole numbers, whatever the clock
  const oneByOne = createSerializer();
  // Stores may give the same object again for a record that has not changed; then the work for it is done already.
  const handouts = new WeakMap<PartRecord, Handout>();

  async function encrypt(source: Uint8Array): Promise<NewImage> {
    const accepted = takeIn(source, options);
    const { info, bytes } = accepted instanceof Promise ? await accepted : accepted;
    const { key, iv, tag, ciphertext } = await encryptImage(info.format, bytes, randomBytes);
    return { key, iv, tag, ciphertext, info };
  }

  /** @returns the record of the new version, or null when what is stored is not the expected version */
  async function put(
    id: string,
    token: number,
    image: NewImage,
    expectedToken: ExpectedToken,
    audience: Audience,
  ): Promise<ImageRecord | null> {
    const { key, info, iv, tag, ciphertext } = image;
    // Looked up each time: what is stored may be another version because the key is another one.
    const folderKey = keys.sealingKey(folderOf(id));
    const sealedKey = sealKey(
      image,
      { id, token },
      folderKey instanceof Promise ? await folderKey : folderKey,
      randomBytes,
    );
    // Before anything is stored: where no proof can be made, nothing is saved.
    const statelessProof = proofs.prove(id, audience);
    const storing = store.put({ id, token, parts: [{ sealedKey, iv, tag, ciphertext }] }, expectedToken);
    // Made while the disk is at work.
    const version = { id, token, meta: toMeta(key, image), info, size: ciphertext.length };
    const record = toRecord(version, statelessProof);
    return (await storing) ? record : null;
  }

  return {
    /** @throws PixstoreError what `takeIn`, `readSaveOptions` and `newImageId` throw, or `IMAGE_ID_TAKEN` */
    async save(bytes: Uint8Array, where?: string | SaveOptions): Promise<ImageRecord> {
      const { audience, ...destination } = readSaveOptions(where);
      const { id, chosen } = newImageId(destination, randomBytes);
      const image = await encrypt(bytes);
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

    /** @throws PixstoreError what `takeIn` throws, or `IMAGE_NOT_FOUND` */
    async update(givenId: string, bytes: Uint8Array, audience: Audience): Promise<ImageRecord> {
      const id = requireImageId(givenId);
      const image = await encrypt(bytes);
      return oneByOne(id, async () => {
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

    /** @throws PixstoreError `IMAGE_DIR_INVALID` */
    removeAll: async (dir: string): Promise<number> => store.eraseFolder(requireDir(dir)),

    /** @throws PixstoreError `SYNC_UNSUPPORTED` or `IMAGE_ID_INVALID` */
    exists: (id: string): boolean => lookUpNow(requireImageId(id)) !== null,

    /** @throws PixstoreError `SYNC_UNSUPPORTED`, `IMAGE_ID_INVALID` or `SEALED_KEY_INVALID` */
    record(id: string, audience: Audience): ImageRecord | null {
      const part = lookUpNow(requireImageId(id));
      return part && open(part, audience);
    },

    /**
     * What the store has for many ids, of images or of variants; `open` makes a record of each. Undefined for an entry that
     * is no id.
     *
     * @throws PixstoreError `IMAGE_ID_INVALID` when `ids` is no list
     */
    async lookUp(ids: readonly unknown[]): Promise<(PartRecord | null | undefined)[]> {
      if (!Array.isArray(ids))
        throw new PixstoreError(
          'IMAGE_ID_INVALID',
          'Records are asked for by a list of ids. Use getImageRecord for one.',
        );
      const names = ids.map((id) => (isImageId(id) ? { id: imageIdOf(id), variant: variantOf(id) } : undefined));
      const found = await store.records(names.filter((name) => name !== undefined));
      const ready = keys.ready(found);
      if (ready) await ready;
      let next = 0;
      return names.map((name) => name && (found[next++] ?? null));
    },

    open,
  };

  function lookUpNow(id: string): PartRecord | null {
    if (!store.supports.syncRecords) throw syncUnsupported();
    return store.record(id) as PartRecord | null;
  }

  function open(part: PartRecord, audience: Audience): ImageRecord {
    let handout = handouts.get(part);
    if (!handout) {
      const { key, info } = keys.unseal(part);
      const id = joinId(part.id, part.variant);
      handout = { id, token: part.token, meta: toMeta(key, part), info, size: part.size, proof: undefined };
      handouts.set(part, handout);
    }
    return toRecord(handout, audience === null ? commonProof(handout) : proofs.prove(handout.id, audience));
  }

  /** The same for everybody, so it is made once in a window. */
  function commonProof(handout: Handout): string {
    const maker = proofs.current();
    if (handout.proof?.maker === maker) return handout.proof.text;
    const text = proofs.prove(handout.id);
    handout.proof = { text, maker };
    return text;
  }
}

/** An image to be kept. */
interface NewImage extends EncryptedImage {
  info: ImageInfo;
}

/** What is known of a part of an image. */
interface KnownPart {
  /** Joined. */
  id: string;
  token: number;
  meta: ImageMeta;
  /** Null when it was kept before such was. */
  info: ImageInfo | null;
  /** Bytes of ciphertext. */
  size: number;
}

/** The same, with what was made for it before: the proof for everybody. */
interface Handout extends KnownPart {
  proof: { text: string; maker: ProofMaker } | undefined;
}

/** Nothing in it is shared: what is handed out is the caller's to change. */
function toRecord({ id, token, meta, info, size }: KnownPart, statelessProof: string): ImageRecord {
  if (!info) return { id, token, meta: { ...meta }, statelessProof };
  const { width, height } = info;
  // What is encrypted begins with a byte for the format.
  return { id, token, meta: { ...meta }, statelessProof, width, height, bytes: size - 1 };
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
