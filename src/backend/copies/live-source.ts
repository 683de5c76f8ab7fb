import { pagesOf } from '../../shared/pages.js';
import type { ImageStore, PartRecord } from '../../stores/port.js';
import { readWhole } from '../images/reading.js';
import type { CopiedImage, CopySource } from './copied-image.js';
import type { OpenedKeys } from './opened-keys.js';

// So many are looked up at once.
const pageLength = 100;

export interface LiveSourceOptions {
  store: ImageStore;
  storeId: string;
  keys: OpenedKeys;
}

/** Ids after one, up to another. */
export interface IdRange {
  after: string;
  /** Default: all. */
  upTo?: string | undefined;
}

export interface LiveSource extends CopySource {
  batches(range?: IdRange): AsyncIterable<readonly CopiedImage[]>;
}

/** The images of a store that goes on being written. */
export function createLiveSource({ store, storeId, keys }: LiveSourceOptions): LiveSource {
  async function* idsIn({ after, upTo }: IdRange): AsyncGenerator<string> {
    for await (const id of store.list('', after)) {
      if (upTo !== undefined && id > upTo) return;
      yield id;
    }
  }

  async function again(id: string): Promise<CopiedImage | null> {
    const parts = await store.version(id);
    const [original] = parts;
    if (!original) return null;
    return { id, token: original.token, parts: parts.map((part) => ({ ...part, read: () => read(part) })) };
  }

  /** Of exactly this version, or null. */
  async function read(part: PartRecord): Promise<Uint8Array | null> {
    const opened = await store.open(part.id, part.variant, { inMemoryUpTo: Number.POSITIVE_INFINITY });
    if (!opened) return null;
    try {
      if (opened.token !== part.token || Buffer.compare(opened.iv, part.iv) !== 0) return null;
      return opened.ciphertext ?? (await readWhole(opened));
    } finally {
      await opened.close();
    }
  }

  return {
    storeId,
    keys,
    async *batches(range = { after: '' }) {
      for await (const page of pagesOf(idsIn(range), pageLength)) {
        const images = await Promise.all(page.map(again));
        yield images.filter((image) => image !== null);
      }
    },
    again,
    ids: () => store.list(),
    folderKey: async (folder) => store.folderKey(folder),
    folderKeys: () => store.folderKeys(),
    count: async () => (await store.usage()).images,
    lastRemovedToken: async () => store.lastRemovedToken(),
  };
}
