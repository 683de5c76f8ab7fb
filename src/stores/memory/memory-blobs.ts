import type { BlobStore } from '../split/blob-store.js';

/** Keeps blobs in this process's memory, for tests and throw-away data. */
export function createMemoryBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array>();

  return {
    async write(name, bytes) {
      blobs.set(name, bytes.slice());
    },
    async read(name, size) {
      const bytes = blobs.get(name);
      return bytes?.length === size ? bytes : null;
    },
    async open(name) {
      const bytes = blobs.get(name);
      if (!bytes) return null;
      return {
        size: bytes.length,
        async *chunks() {
          yield bytes;
        },
        close: async () => {},
      };
    },
    size: async (name) => blobs.get(name)?.length ?? null,
    async remove(name) {
      blobs.delete(name);
    },
    async *list(prefix, after = '') {
      yield* [...blobs.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    },
  };
}
