import { readCallOptions, requireArrived } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { pagesOf } from '../../shared/pages.js';
import { imageFormats } from '../../shared/protocol/formats.js';
import { folderOf } from '../../shared/protocol/image-id.js';
import type { ImageStore, PartRecord } from '../../stores/port.js';
import type { ImageFormat } from '../../types/index.js';
import type { ImageInfo } from '../keys/image-info.js';
import { sealKey } from '../keys/sealing.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { readSignal } from '../read-signal.js';
import type { RandomBytes } from './encryption.js';
import { requireDir, requireImageId } from './ids.js';
import { inspectImage } from './inspect.js';
import type { PartMaker } from './new-parts.js';
import type { SealParts } from './part-sealer.js';
import type { ImageProcessing, Picture } from './processing-port.js';
import type { QuotaOf } from './quotas.js';
import type { Reading } from './reading.js';
import { tokenAfter } from './tokens.js';

/** Which images are rebuilt. */
export interface RebuildOptions {
  /** A folder. Default: all images. */
  dir?: string;
  /** The id of the last image that was rebuilt: go on with those after it. */
  after?: string;
  /**
   * Make those variants anew, too, whose ciphertext is gone. Each is opened for it, which on an object store is a request.
   * Default: false.
   */
  lost?: boolean;
  /** Stops it, between two images; what was done stays done. */
  signal?: AbortSignal;
}

/** What became of an image. */
export interface RebuiltImage {
  id: string;
  /**
   * `completed`: what was missing was added, to the version that is there. `replaced`: a variant was made in another way, or
   * its ciphertext is lost, so there is a new version. `failed`: nothing was changed, for the reason that `error` says.
   */
  outcome: 'unchanged' | 'completed' | 'replaced' | 'failed';
  /** Names of the variants that were made. */
  variants: string[];
  error?: PixstoreError;
  /** How many images this was, since it began. */
  done: number;
}

/** @throws PixstoreError `CONFIG_INVALID`, `IMAGE_DIR_INVALID` or `IMAGE_ID_INVALID` */
export function readRebuildOptions(given: RebuildOptions | undefined): RebuildOptions {
  requireArrived(given, ['dir'], 'rebuild');
  const options = readCallOptions(given ?? {}, ['dir', 'after', 'lost', 'signal'], 'rebuild') as RebuildOptions;
  const { dir, after, lost = false } = options;
  if (typeof lost !== 'boolean') {
    throw new PixstoreError('CONFIG_INVALID', 'The option "lost" of rebuild must be true or false.');
  }
  const signal = readSignal(options.signal, 'rebuild');
  return {
    ...(dir !== undefined && { dir: requireDir(dir) }),
    ...(after !== undefined && { after: requireImageId(after) }),
    lost,
    ...(signal && { signal }),
  };
}

export interface RebuildingOptions {
  store: ImageStore;
  keys: StoreKeys;
  reading: Reading;
  partMaker: PartMaker;
  sealParts: SealParts;
  quotaOf: QuotaOf;
  processing: ImageProcessing | null;
  now(): number;
  randomBytes: RandomBytes;
}

type Change = Pick<RebuiltImage, 'outcome' | 'variants'>;

// As many as are decoded side by side.
const atOnce = 2;

const mostTries = 100;

/** Gives images that were kept before what images are given now: variants, a placeholder, width and height. */
export function createRebuilding(options: RebuildingOptions) {
  const { store, keys, reading, partMaker, sealParts, quotaOf, processing, now, randomBytes } = options;

  /** @returns null when somebody else has changed the image meanwhile */
  async function rebuildOnce(id: string, lost: boolean): Promise<Change | null> {
    const [original, ...variants] = await store.version(id);
    if (!original) return { outcome: 'unchanged', variants: [] };
    await keys.ready([original, ...variants]);
    const { key, info } = keys.unseal(original);
    const definitions = processing?.definitions(folderOf(id)) ?? new Map<string, string>();
    const isCurrent = (part: PartRecord) =>
      keys.unseal(part).info?.definition === definitions.get(String(part.variant));
    const made = new Map(variants.map((part) => [String(part.variant), part]));
    const missing = new Map([...definitions].filter(([name]) => !made.has(name)));
    const defined = [...definitions.keys()].flatMap((name) => made.get(name) ?? []);
    const isReplaced = !defined.every(isCurrent) || (lost && (await isOneLost(defined)));
    const lacksPlaceholder = processing?.placeholders === true && !info?.placeholder;
    if (missing.size === 0 && !isReplaced && info && !lacksPlaceholder) {
      return { outcome: 'unchanged', variants: [] };
    }

    const stored = await reading.read(id);
    if (stored?.token !== original.token) return null;
    const picture = pictureIn(stored.bytes, stored.format, info);
    if (isReplaced) return replace(original, picture, [...definitions.keys()]);

    const { parts, placeholder } = await partMaker.make(picture, folderOf(id), missing, lacksPlaceholder);
    const { format, width, height } = picture;
    const described: ImageInfo = { format, width, height, placeholder: placeholder ?? info?.placeholder };
    const isDescribed = info !== null && !lacksPlaceholder;
    if (!isDescribed && !(await describe(original, key, described))) return null;
    const sealed = await sealParts(id, original.token, parts);
    if (sealed.length > 0 && !(await store.addParts(id, original.token, sealed, quotaOf(id)))) return null;
    return { outcome: 'completed', variants: [...missing.keys()] };
  }

  /** Is the ciphertext of one gone, or has it another length? None is read to its end. */
  async function isOneLost(variants: readonly PartRecord[]): Promise<boolean> {
    for (const { id, variant } of variants) {
      try {
        await (await store.open(id, variant))?.close();
      } catch (error) {
        if (error instanceof PixstoreError && error.code === 'CIPHERTEXT_MISSING') return true;
        throw error;
      }
    }
    return false;
  }

  /** A token names bytes, in every cache: what is made in another way is another version. */
  async function replace({ id, token }: PartRecord, picture: Picture, names: string[]): Promise<Change | null> {
    const parts = await partMaker.partsOf(picture, folderOf(id));
    const next = Math.max(Math.floor(now()), tokenAfter(token));
    const version = { id, token: next, parts: await sealParts(id, next, parts), quota: quotaOf(id) };
    const isPut = await store.put(version, token);
    return isPut ? { outcome: 'replaced', variants: names } : null;
  }

  /** Seals the key of a part again, with what is known of it by now. */
  async function describe({ id, token }: PartRecord, key: Uint8Array, info: ImageInfo): Promise<boolean> {
    const sealedKey = sealKey({ key, info }, { id, token }, await keys.folderKey(folderOf(id)), randomBytes);
    return (await store.reseal([{ id, token, sealedKey }])) === 1;
  }

  async function rebuild(id: string, lost: boolean): Promise<Omit<RebuiltImage, 'done'>> {
    try {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const change = await rebuildOnce(id, lost);
        if (change) return { id, ...change };
      }
      throw changedAlways();
    } catch (error) {
      if (!(error instanceof PixstoreError)) throw error;
      return { id, outcome: 'failed', variants: [], error };
    }
  }

  return {
    async *rebuild({ dir, after, lost = false, signal }: RebuildOptions): AsyncGenerator<RebuiltImage, void, void> {
      let done = 0;
      signal?.throwIfAborted();
      for await (const page of pagesOf(store.list(dir === undefined ? '' : `${dir}:`, after), atOnce)) {
        for (const rebuilt of await Promise.all(page.map((id) => rebuild(id, lost)))) {
          done += 1;
          yield { ...rebuilt, done };
        }
        signal?.throwIfAborted();
      }
    },
  };
}

/** What is known of a picture; where it was kept before width and height were, it is looked at, whatever is asked of new ones. */
export function pictureIn(bytes: Uint8Array, format: ImageFormat, info: ImageInfo | null): Picture & ImageInfo {
  if (info) return { ...info, bytes };
  const { width, height } = inspectImage(bytes, imageFormats);
  return { bytes, format, width, height };
}

export type Rebuilding = ReturnType<typeof createRebuilding>;

function changedAlways(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The image was changed again and again while it was rebuilt. Rebuild it again when it is quiet.',
  );
}
