import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { FolderKey, ImageStore } from '../../stores/port.js';
import type { CopySource } from './copied-image.js';

export interface SettlingOptions {
  store: ImageStore;
  source: CopySource;
  signal: AbortSignal | undefined;
  randomBytes(length: number): Uint8Array;
}

const nameOf = ({ folder, generation }: Pick<FolderKey, 'folder' | 'generation'>): string => `${folder}:${generation}`;

/**
 * Has a store that was filled forget what its source has forgotten. Images are removed at the very end: a store takes no
 * new image whose token is below that of one that was removed, and the source's have any.
 */
export function createSettling({ store, source, signal, randomBytes }: SettlingOptions) {
  /** Keys that the source has destroyed, by folder. */
  async function destroyedKeys(): Promise<{ keys: FolderKey[]; folders: string[] }> {
    const alive = new Set<string>();
    const inUse = new Set<string>();
    for await (const page of source.folderKeys()) {
      for (const key of page) {
        alive.add(nameOf(key));
        inUse.add(key.folder);
      }
    }
    const keys: FolderKey[] = [];
    for await (const page of store.folderKeys()) keys.push(...page.filter((key) => !alive.has(nameOf(key))));
    return { keys, folders: [...new Set(keys.map(({ folder }) => folder))].filter((folder) => !inUse.has(folder)) };
  }

  /** Ids of images that the source has not. */
  async function* removed(): AsyncGenerator<string> {
    const theirs = source.ids()[Symbol.asyncIterator]();
    let next = await theirs.next();
    try {
      for await (const id of store.list()) {
        while (!next.done && next.value < id) next = await theirs.next();
        if (!next.done && next.value === id) continue;
        // Once more: it may have been saved since the walk came by.
        if (!(await source.again(id))) yield id;
      }
    } finally {
      await theirs.return?.();
    }
  }

  /** Of keys that are destroyed in the source, those that nothing in the store names any more. */
  async function unnamed(keys: readonly FolderKey[]): Promise<FolderKey[]> {
    const left = new Map(keys.map((key) => [nameOf(key), key]));
    if (left.size === 0) return [];
    for await (const page of store.sealedKeys()) {
      for (const { folderKey } of page) if (folderKey) left.delete(nameOf(folderKey));
    }
    return [...left.values()];
  }

  /** No token below the source's last one is given to an id again: by an image that had it, and is removed. */
  async function raiseRemovedToken(): Promise<void> {
    const token = await source.lastRemovedToken();
    if (token <= (await store.lastRemovedToken())) return;
    const id = Buffer.from(randomBytes(16)).toString('hex');
    // The first byte says that no key of a folder sealed it: there may be none.
    const sealedKey = Uint8Array.of(1, ...randomBytes(68));
    const part = { sealedKey, iv: randomBytes(12), tag: randomBytes(16), ciphertext: new Uint8Array(0) };
    if (!(await store.put({ id, token, parts: [part] }, null))) throw notRaised();
    await store.remove(id);
  }

  return {
    /** Of folders that were erased in the source, nobody is given anything from now on. Nothing else is changed. */
    async shutErased(): Promise<void> {
      const { keys, folders } = await destroyedKeys();
      const erased = keys.filter(({ folder }) => folders.includes(folder));
      if (erased.length > 0) await store.destroyFolderKeys(erased);
    },

    /** @returns how many images were removed */
    async settle(): Promise<number> {
      const { keys, folders } = await destroyedKeys();
      let images = 0;
      for (const folder of folders) {
        signal?.throwIfAborted();
        images += await store.eraseFolder(folder);
      }
      for await (const id of removed()) {
        signal?.throwIfAborted();
        if (await store.remove(id)) images += 1;
      }
      const destroyed = await unnamed(keys.filter(({ folder }) => !folders.includes(folder)));
      if (destroyed.length > 0) await store.destroyFolderKeys(destroyed);
      await raiseRemovedToken();
      return images;
    },
  };
}

function notRaised(): PixstoreError {
  return new PixstoreError(
    'COPY_FAILED',
    'The store that is being filled does not take note of the last token that was removed from the other: somebody else writes to it. Begin again, with a new store that nobody else uses.',
  );
}
