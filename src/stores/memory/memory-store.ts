import { folderOf } from '../../shared/image-id.js';
import { createLifecycle } from '../../shared/lifecycle.js';
import {
  type FolderKey,
  generationOf,
  type ImageStore,
  isExpected,
  type KeyRing,
  openInMemory,
  type Part,
  type PartRecord,
  type StoredPart,
  storeClosed,
} from '../port.js';

/**
 * Keeps images in this process's memory, for tests and throw-away data. It is also the shortest full answer to what
 * the port asks for.
 *
 * @example
 * const backend = createPixstoreBackend({ store: createMemoryStore(), masterKey });
 */
export function createMemoryStore(): ImageStore {
  /** The parts of images by variant; the original's is undefined. */
  const images = new Map<string, Map<string | undefined, StoredPart>>();
  const folderKeys = new Map<string, FolderKey[]>();
  const lifecycle = createLifecycle(storeClosed);
  let ring: KeyRing | null = null;
  let removedToken = 0;

  function find(id: string, variant?: string): StoredPart | null {
    lifecycle.requireOpen();
    return images.get(id)?.get(variant) ?? null;
  }

  function record(id: string, variant?: string): PartRecord | null {
    const part = find(id, variant);
    return part && withoutCiphertext(part);
  }

  const latestKey = (folder: string): FolderKey | null => folderKeys.get(folder)?.at(-1) ?? null;

  /** Parts may name the latest key of their folder, or none at all. */
  function areFit(id: string, parts: readonly Pick<Part, 'sealedKey'>[]): boolean {
    return parts.every(({ sealedKey }) => {
      const generation = generationOf(sealedKey);
      const latest = latestKey(folderOf(id));
      return generation === null || (latest?.wrapped && latest.generation === generation);
    });
  }

  function keep(id: string, token: number, { variant, ciphertext, ...part }: Part): StoredPart {
    const latest = latestKey(folderOf(id));
    const isSealedWithKey = generationOf(part.sealedKey) !== null;
    if (latest && isSealedWithKey) latest.sealed += 1;
    return {
      id,
      variant,
      token,
      sealedKey: part.sealedKey.slice(),
      iv: part.iv.slice(),
      tag: part.tag.slice(),
      size: ciphertext.length,
      ciphertext: ciphertext.slice(),
      folderKey: isSealedWithKey ? latest : null,
    };
  }

  function remove(id: string): boolean {
    removedToken = Math.max(removedToken, find(id)?.token ?? 0);
    return images.delete(id);
  }

  return {
    supports: { syncRecords: true, persistence: false },

    async put({ id, token, parts }, expectedToken) {
      const current = find(id)?.token ?? null;
      if (!isExpected(current, expectedToken, token) || !areFit(id, parts)) return false;
      if (current === null && token <= removedToken) return false;
      images.set(id, new Map(parts.map((part) => [part.variant, keep(id, token, part)])));
      return true;
    },

    async addParts(id, token, parts) {
      const version = images.get(id);
      if (find(id)?.token !== token || !version || !areFit(id, parts)) return null;
      const missing = parts.filter(({ variant }) => !version.has(variant));
      for (const part of missing) version.set(part.variant, keep(id, token, part));
      return missing.map(({ variant }) => variant as string);
    },

    read(id, variant) {
      const part = find(id, variant);
      return part && { ...part };
    },

    open(id, variant) {
      const part = find(id, variant);
      return part && openInMemory(part);
    },

    record,

    records: (names) => names.map(({ id, variant }) => record(id, variant)),

    version(id) {
      lifecycle.requireOpen();
      return [...(images.get(id)?.values() ?? [])].map(withoutCiphertext);
    },

    remove: async (id) => remove(id),

    async *list(prefix = '', after = '') {
      const ids = [...images.keys()].filter((id) => id.startsWith(prefix) && id > after);
      yield* ids.sort();
    },

    async *sealedKeys() {
      for (const parts of [...images.values()]) yield [...parts.values()].map(withoutCiphertext);
    },

    async reseal(changes) {
      return changes.filter(({ id, variant, token, sealedKey }) => {
        const part = find(id, variant);
        if (part?.token !== token || !areFit(id, [{ sealedKey }])) return false;
        images.get(id)?.set(variant, keep(id, token, { ...part, sealedKey }));
        return true;
      }).length;
    },

    lastRemovedToken: () => removedToken,

    keyRing: () => ring,

    async putKeyRing(bytes, expectedVersion) {
      if ((ring?.version ?? 0) !== expectedVersion) return false;
      ring = { version: expectedVersion + 1, bytes: bytes.slice() };
      return true;
    },

    masterKeyIds: () => [],
    folderKey: (folder) => latestKey(folder),

    async *folderKeys() {
      for (const keys of [...folderKeys.values()]) yield keys.filter(({ wrapped }) => wrapped);
    },

    async addFolderKey({ folder, generation, wrapped }, ringVersion) {
      if (ring?.version !== ringVersion || generation !== (latestKey(folder)?.generation ?? 0) + 1) return false;
      const key = { folder, generation, wrapped: wrapped.slice(), sealed: 0 };
      folderKeys.set(folder, [...(folderKeys.get(folder) ?? []), key]);
      return true;
    },

    async destroyFolderKeys(keys) {
      for (const { folder, generation } of keys) {
        const key = folderKeys.get(folder)?.find((each) => each.generation === generation);
        if (key) key.wrapped = null;
      }
      const isGone = (part: StoredPart | undefined) => part?.folderKey?.wrapped === null;
      for (const [id, parts] of images) {
        if (isGone(parts.get(undefined))) remove(id);
        for (const [variant, part] of parts) if (isGone(part)) parts.delete(variant);
      }
    },

    async eraseFolder(folder) {
      lifecycle.requireOpen();
      for (const key of folderKeys.get(folder) ?? []) key.wrapped = null;
      const erased = [...images.keys()].filter((id) => folderOf(id) === folder);
      return erased.filter(remove).length;
    },

    usage: () => ({
      images: images.size,
      bytes: [...images.values()].flatMap((parts) => [...parts.values()]).reduce((sum, { size }) => sum + size, 0),
    }),
    check: async () => [],
    sweep: async () => 0,
    close: () => lifecycle.close(() => images.clear()),
  };
}

function withoutCiphertext({ ciphertext: _, ...record }: StoredPart): PartRecord {
  return record;
}
