import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { folderOf } from '../../shared/protocol/image-id.js';
import { type FolderKey, generationOf, type ImageStore, type Part, type PartRecord } from '../../stores/port.js';
import { readWhole } from '../images/reading.js';
import type { CopiedImage, CopiedPart, CopySource } from './copied-image.js';
import type { CopyRing } from './copy-ring.js';
import { isDamage, requireSound } from './sound-part.js';

export interface StoreTargetOptions {
  store: ImageStore;
  source: Pick<CopySource, 'keys' | 'folderKey'>;
  ring: CopyRing;
  /** Told of a variant that is damaged, and is left out. */
  onDamage(part: CopiedPart, error: PixstoreError): void;
}

/** `same`: it was there already. `gone`: the source has another version by now, or none. */
export type CopyOutcome = 'copied' | 'same' | 'gone';

// Of the shape of a wrapped key; destroyed as soon as the next generation is there.
const noKey = new Uint8Array(69);

// Folders whose keys are kept at hand.
const mostFolders = 10_000;

/** Puts images into a store as they are: ids, tokens and ciphertexts, under the same keys. */
export type StoreTarget = ReturnType<typeof createStoreTarget>;

export function createStoreTarget({ store, source, ring, onDamage }: StoreTargetOptions) {
  const { keys } = source;
  const folders = new Map<string, Promise<FolderKey | null>>();

  /**
   * The key that parts of a folder are sealed with in the store: the latest of the source, with the same generation, so that
   * none is ever used twice.
   */
  function folderKey(folder: string): Promise<FolderKey | null> {
    const known = folders.get(folder);
    if (known) return known;
    if (folders.size >= mostFolders) folders.clear();
    const bringing = bringFolderKey(folder);
    folders.set(folder, bringing);
    bringing.catch(() => folders.delete(folder));
    return bringing;
  }

  async function bringFolderKey(folder: string): Promise<FolderKey | null> {
    const wanted = await source.folderKey(folder);
    if (!wanted?.wrapped) return null;
    let latest = await store.folderKey(folder);
    const unused: FolderKey[] = [];
    while ((latest?.generation ?? 0) < wanted.generation) {
      const generation: number = (latest?.generation ?? 0) + 1;
      const wrapped = generation === wanted.generation ? wanted.wrapped : noKey;
      if (!(await store.addFolderKey({ folder, generation, wrapped }, await ring.version()))) throw notKept();
      latest = await store.folderKey(folder);
      if (latest && wrapped === noKey) unused.push(latest);
    }
    if (unused.length > 0) await store.destroyFolderKeys(unused);
    return latest;
  }

  /** As the store takes it: sealed with the latest key of its folder, or by a master key itself. */
  async function sealedFor(part: CopiedPart): Promise<Uint8Array | null> {
    const generation = generationOf(part.sealedKey);
    if (generation === null) return part.sealedKey;
    const folder = folderOf(part.id);
    const known = await folderKey(folder);
    if (known && known.generation < generation) folders.delete(folder); // it has another one since
    const key = await folderKey(folder);
    if (!key) return null;
    return key.generation === generation ? part.sealedKey : keys.reseal(part, key);
  }

  /** Reads, decrypts and seals. @returns null when there is another version by now */
  async function takePart(part: CopiedPart): Promise<Part | null> {
    const ciphertext = await part.read();
    const sealedKey = ciphertext && (await sealedFor(part));
    if (!ciphertext || !sealedKey) return null;
    await requireSound(part, ciphertext, keys);
    const { variant, iv, tag } = part;
    return { variant, iv, tag, sealedKey, ciphertext };
  }

  /** The same for many, without variants that are damaged: they can be made anew. */
  async function take(parts: readonly CopiedPart[]): Promise<Part[] | null> {
    const taken: Part[] = [];
    for (const part of parts) {
      try {
        const found = await takePart(part);
        if (!found) return null;
        taken.push(found);
      } catch (error) {
        if (part.variant === undefined || !isDamage(error)) throw error;
        onDamage(part, error);
      }
    }
    return taken;
  }

  /** Reads parts back, decrypts them and compares them with what was given. @throws PixstoreError `COPY_FAILED` */
  async function requireKept(id: string, parts: readonly Part[]): Promise<void> {
    for (const { variant, ciphertext } of parts) {
      const found = await readBack(id, variant);
      if (!found || Buffer.compare(found, ciphertext) !== 0) throw notGivenBack();
    }
  }

  /** Reads a part, and decrypts it. @returns its ciphertext; null when it is not there @throws PixstoreError `COPY_FAILED` */
  async function readBack(id: string, variant: string | undefined): Promise<Uint8Array | null> {
    try {
      const part = await store.open(id, variant, { inMemoryUpTo: Number.POSITIVE_INFINITY });
      if (!part) return null;
      try {
        const ciphertext = part.ciphertext ?? (await readWhole(part));
        await requireSound(part, ciphertext, keys);
        return ciphertext;
      } finally {
        await part.close();
      }
    } catch (cause) {
      throw notGivenBack(cause);
    }
  }

  async function put(image: CopiedImage, expectedToken: number | null): Promise<CopyOutcome> {
    const { id, token } = image;
    const parts = await take(image.parts);
    if (!parts) return 'gone';
    if (!(await store.put({ id, token, parts }, expectedToken))) throw notKept();
    await requireKept(id, parts);
    return 'copied';
  }

  /** Brings the version that is there up to date: parts that were added since, and keys that were sealed anew. */
  async function complete({ id, token, parts }: CopiedImage, there: readonly PartRecord[]): Promise<CopyOutcome> {
    const partOf = (variant: string | undefined) => there.find((each) => each.variant === variant);
    const missing = await take(parts.filter(({ variant }) => !partOf(variant)));
    if (!missing) return 'gone';
    if (missing.length > 0 && !(await store.addParts(id, token, missing))) throw notKept();
    await requireKept(id, missing);
    const outdated = parts.filter((part) => {
      const same = partOf(part.variant);
      return same && !isSealedAlike(part, same);
    });
    for (const part of outdated) {
      const sealedKey = await sealedFor(part);
      if (!sealedKey) return 'gone';
      if ((await store.reseal([{ id, variant: part.variant, token, sealedKey }])) !== 1) throw notKept();
    }
    return missing.length + outdated.length > 0 ? 'copied' : 'same';
  }

  /** Does the box have the same in it? One that was sealed with an older key of its folder is another box here. */
  function isSealedAlike(one: PartRecord, other: PartRecord): boolean {
    if (Buffer.compare(one.sealedKey, other.sealedKey) === 0) return true;
    return Buffer.compare(keys.contentsOf(one), keys.contentsOf(other)) === 0;
  }

  return {
    /**
     * Copies an image, unless it is there already, and reads back what it has copied.
     *
     * @throws PixstoreError `CIPHERTEXT_MISSING`, `SEALED_KEY_INVALID` when the source's is damaged; `COPY_FAILED`
     */
    async copy(image: CopiedImage): Promise<CopyOutcome> {
      const there = await store.version(image.id);
      const current = there[0]?.token ?? null;
      const isSame = current === image.token && there.every((part) => image.parts.some(isSameCiphertext(part)));
      return isSame ? complete(image, there) : put(image, current);
    },

    /** Reads what is there, and decrypts it. @throws PixstoreError `COPY_FAILED` */
    async requireWhole(id: string): Promise<void> {
      for (const { variant } of await store.version(id)) await readBack(id, variant);
    },

    /** Folder keys are asked for anew: another pass begins. */
    forgetFolders: (): void => folders.clear(),
  };
}

const isSameCiphertext = (one: PartRecord) => (other: PartRecord) =>
  one.variant === other.variant &&
  one.size === other.size &&
  Buffer.compare(one.iv, other.iv) === 0 &&
  Buffer.compare(one.tag, other.tag) === 0;

function notKept(): PixstoreError {
  return new PixstoreError(
    'COPY_FAILED',
    'The store that is being filled refused an image: somebody else writes to it, or an image with a higher token was removed from it. Begin again, with a new store that nobody else uses.',
  );
}

function notGivenBack(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'COPY_FAILED',
    'The store that is being filled does not give back what it was given. Look after its disk or its object store; what was copied stays, and the next call goes on.',
    { cause },
  );
}
