import { createLifecycle } from '../../../shared/lifecycle.js';
import { type ImageStore, isExpected, openInMemory, type PartRecord, type StoredPart, storeClosed } from '../port.js';

/**
 * Keeps images in this process's memory, for tests and throw-away data. It is also the shortest full answer to what
 * the port asks for.
 *
 * @example
 * const backend = createPixstoreBackend({ store: createMemoryStore(), masterKey });
 */
export function createMemoryStore(): ImageStore {
  const images = new Map<string, Map<string, StoredPart>>();
  const keyIds = new Set<string>();
  const lifecycle = createLifecycle(storeClosed);
  let removedToken = 0;

  function imageOf(id: string): Map<string, StoredPart> | undefined {
    lifecycle.requireOpen();
    return images.get(id.split('.', 1)[0] as string);
  }

  const find = (id: string) => imageOf(id)?.get(id);

  function record(id: string): PartRecord | null {
    const part = find(id);
    if (!part) return null;
    const { ciphertext: _, ...rest } = part;
    return rest;
  }

  return {
    supports: { syncRecords: true, persistence: false },

    async put({ id, token, parts }, expectedToken) {
      const current = find(id)?.token ?? null;
      if (!isExpected(current, expectedToken, token)) return false;
      if (current === null && token <= removedToken) return false;
      const copies = parts.map((part) => ({
        id: part.id,
        token,
        sealedKey: part.sealedKey.slice(),
        iv: part.iv.slice(),
        tag: part.tag.slice(),
        size: part.ciphertext.length,
        ciphertext: part.ciphertext.slice(),
      }));
      images.set(id, new Map(copies.map((part) => [part.id, part])));
      return true;
    },

    read(id) {
      const part = find(id);
      return part ? { ...part } : null;
    },

    open(id) {
      const part = find(id);
      return part ? openInMemory(part) : null;
    },

    record,

    records: (ids) => ids.map(record),

    async remove(id) {
      removedToken = Math.max(removedToken, find(id)?.token ?? 0);
      return images.delete(id);
    },

    async *list(prefix = '', after = '') {
      const ids = [...images.keys()].filter((id) => id.startsWith(prefix) && id > after);
      yield* ids.sort();
    },

    async reseal(id, token, sealedKey) {
      const part = find(id);
      if (part?.token !== token) return false;
      imageOf(id)?.set(id, { ...part, sealedKey: sealedKey.slice() });
      return true;
    },

    lastRemovedToken: () => removedToken,
    masterKeyIds: () => [...keyIds],
    noteMasterKey(keyId) {
      keyIds.add(keyId);
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
