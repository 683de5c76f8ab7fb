import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../../src/stores/memory/memory-blobs.js';
import type { BlobStore } from '../../../src/stores/split/blob-store.js';
import { blobStoreSuite, type OpenedBlobs } from '../../../src/testing/index.js';
import { failuresOf, nextTurn, titlesOf } from './run-suite.js';

type Opened = Partial<OpenedBlobs> & { blobs: BlobStore };

const right = (): Opened => {
  const blobs = createMemoryBlobs();
  return { blobs, another: async () => blobs };
};

/** A store of blobs that does one thing wrong, and so do others over the same blobs. */
const wrongly = (change: (blobs: BlobStore) => Partial<BlobStore>) => (): Opened => {
  const blobs = createMemoryBlobs();
  const open = () => ({ ...blobs, ...change(blobs) });
  return { blobs: open(), another: async () => open() };
};

const failures = (open: () => Opened, title?: string) =>
  failuresOf(blobStoreSuite, async () => ({ destroy: async () => {}, ...open() }), title);

test('a store of blobs that does everything right passes the suite', async () => {
  expect(await failures(right)).toEqual([]);
});

const firstPage = (blobs: BlobStore) => ({
  async *list(...args: Parameters<BlobStore['list']>) {
    let count = 0;
    for await (const name of blobs.list(...args)) if (++count <= 1_000) yield name;
  },
});

const namesOf = async (blobs: BlobStore, prefix = '') => {
  const names: string[] = [];
  for await (const name of blobs.list(prefix)) names.push(name);
  return names;
};

const cases: [string, string, () => Opened][] = [
  [
    'loses the end of what is large',
    'gives back 3145729 bytes',
    wrongly((blobs) => ({ write: (name, bytes) => blobs.write(name, bytes.subarray(0, 3_000_000)) })),
  ],
  [
    'fills the same buffer for every chunk',
    'gives back 3145729 bytes',
    wrongly((blobs) => ({
      async open(name) {
        const blob = await blobs.open(name);
        return (
          blob && {
            ...blob,
            async *chunks() {
              const buffer = new Uint8Array(65_536);
              for await (const bytes of blob.chunks()) {
                for (let at = 0; at < bytes.length; at += buffer.length) {
                  const piece = bytes.subarray(at, at + buffer.length);
                  buffer.set(piece);
                  yield buffer.subarray(0, piece.length);
                }
              }
            },
          }
        );
      },
    })),
  ],
  [
    'has no blobs without bytes',
    'gives back 0 bytes',
    wrongly((blobs) => ({ read: async (name, size) => (size === 0 ? null : blobs.read(name, size)) })),
  ],
  [
    'takes what is not there for empty',
    'knows nothing of what was never written',
    wrongly((blobs) => ({ read: async (name, size) => (await blobs.read(name, size)) ?? new Uint8Array(0) })),
  ],
  [
    'fails to remove what is not there',
    'knows nothing of what was never written',
    wrongly((blobs) => ({
      async remove(name) {
        if ((await blobs.size(name)) === null) throw new Error('no such blob');
        await blobs.remove(name);
      },
    })),
  ],
  [
    'keeps the very bytes that it is given',
    'keeps its own copy',
    () => {
      const kept = new Map<string, Uint8Array>();
      return wrongly((blobs) => ({
        async write(name, bytes) {
          kept.set(name, bytes);
          await blobs.write(name, bytes);
        },
        read: async (name) => kept.get(name) ?? null,
      }))();
    },
  ],
  [
    'keeps the whole buffer of a view',
    'keeps its own copy',
    wrongly((blobs) => ({ write: (name, bytes) => blobs.write(name, new Uint8Array(bytes.buffer)) })),
  ],
  [
    'cuts long names',
    'takes every name',
    wrongly((blobs) => ({ write: (name, bytes) => blobs.write(name.slice(0, 100), bytes) })),
  ],
  [
    'removes what begins with the name as well',
    'removes a blob, and no other',
    wrongly((blobs) => ({
      async remove(prefix) {
        for (const name of await namesOf(blobs, prefix)) await blobs.remove(name);
      },
    })),
  ],
  [
    'writes in place',
    'never shows a part of a blob',
    wrongly((blobs) => ({
      async write(name, bytes) {
        await blobs.write(name, bytes.subarray(0, bytes.length / 2));
        await nextTurn();
        await blobs.write(name, bytes);
      },
    })),
  ],
  [
    'mixes up writes at the same time',
    'keeps blobs apart',
    () => {
      let current: Uint8Array = new Uint8Array();
      return wrongly((blobs) => ({
        async write(name, bytes) {
          current = bytes;
          await nextTurn();
          await blobs.write(name, current);
        },
      }))();
    },
  ],
  [
    'gives what it has, whatever size is asked for',
    'gives nothing for 65537 bytes when another size',
    wrongly((blobs) => ({ read: async (name) => blobs.read(name, (await blobs.size(name)) ?? 0) })),
  ],
  [
    'fails when a blob is closed again',
    'lets 65537 bytes be closed',
    wrongly((blobs) => ({
      async open(name) {
        const blob = await blobs.open(name);
        let isClosed = false;
        return (
          blob && {
            ...blob,
            async close() {
              if (isClosed) throw new Error('closed already');
              isClosed = true;
            },
          }
        );
      },
    })),
  ],
  [
    'ends when it is closed, as if that were all',
    'never passes off a part of 3145729 bytes',
    wrongly((blobs) => ({
      async open(name) {
        const blob = await blobs.open(name);
        let isClosed = false;
        return (
          blob && {
            size: blob.size,
            async *chunks() {
              if (!isClosed) yield* blob.chunks();
            },
            async close() {
              isClosed = true;
            },
          }
        );
      },
    })),
  ],
  [
    'looks again for a blob that is being read',
    'goes on reading 65536 bytes that were removed',
    wrongly((blobs) => ({
      async open(name) {
        const blob = await blobs.open(name);
        return (
          blob && {
            ...blob,
            async *chunks() {
              const bytes = await blobs.read(name, blob.size);
              if (!bytes) throw new Error('gone');
              yield bytes;
            },
          }
        );
      },
    })),
  ],
  [
    'lists in the order of writing',
    'lists names in the order of their bytes',
    () => {
      const written: string[] = [];
      return wrongly((blobs) => ({
        async write(name, bytes) {
          written.push(name);
          await blobs.write(name, bytes);
        },
        async *list(prefix) {
          yield* written.filter((name) => name.startsWith(prefix));
        },
      }))();
    },
  ],
  [
    'takes a prefix for a folder',
    'lists names in the order of their bytes',
    wrongly((blobs) => ({ list: (prefix, after) => blobs.list(prefix.replace(/[^/]*$/, ''), after) })),
  ],
  [
    'lists folder by folder',
    'lists names in the order of their bytes',
    wrongly((blobs) => ({
      async *list(prefix) {
        const byFolder = (a: string, b: string) => (a.split('/').join('\0') < b.split('/').join('\0') ? -1 : 1);
        yield* (await namesOf(blobs, prefix)).sort(byFolder);
      },
    })),
  ],
  [
    'lists the name as well that it begins after',
    'lists what comes after a name',
    wrongly((blobs) => ({
      async *list(prefix, after = '') {
        for (const name of await namesOf(blobs, prefix)) if (name >= after) yield name;
      },
    })),
  ],
  [
    'lists nothing after a name that is not there',
    'lists what comes after a name',
    wrongly((blobs) => ({
      async *list(prefix, after) {
        const names = await namesOf(blobs, prefix);
        if (after === undefined || names.includes(after)) yield* blobs.list(prefix, after);
      },
    })),
  ],
  ['lists the first page only', 'lists more than a page', wrongly(firstPage)],
  [
    'goes on by number, not by name',
    'lists all that was there before and after',
    wrongly((blobs) => ({
      async *list(prefix) {
        for (let at = 0; ; at += 1_000) {
          const page = (await namesOf(blobs, prefix)).slice(at, at + 1_000);
          if (page.length === 0) return;
          yield* page;
        }
      },
    })),
  ],
  [
    'lists for one only until that one is through',
    'lists again after a list was left early',
    () => {
      let isBusy = false;
      return wrongly((blobs) => ({
        async *list(prefix, after) {
          if (isBusy) return;
          isBusy = true;
          yield* blobs.list(prefix, after);
          isBusy = false;
        },
      }))();
    },
  ],
  [
    'lists what was there a moment ago',
    'lists a blob as soon as it is written',
    () => {
      const listed = new Set<string>();
      return wrongly((blobs) => ({
        async write(name, bytes) {
          await blobs.write(name, bytes);
          setImmediate(() => listed.add(name));
        },
        async *list(prefix, after) {
          for (const name of await namesOf(blobs, prefix)) if (listed.has(name) && name > (after ?? '')) yield name;
        },
      }))();
    },
  ],
  [
    'is another one in every process',
    'shows others at once',
    () => ({ blobs: createMemoryBlobs(), another: async () => createMemoryBlobs() }),
  ],
  [
    'loses what others write at the same time',
    'lets several processes write',
    () => {
      let isWriting = false;
      return wrongly((blobs) => ({
        async write(name, bytes) {
          if (isWriting) return;
          isWriting = true;
          await nextTurn();
          await blobs.write(name, bytes);
          isWriting = false;
        },
      }))();
    },
  ],
  [
    'forgets everything when it is closed',
    'has everything again',
    () => ({ blobs: createMemoryBlobs(), another: async () => createMemoryBlobs() }),
  ],
];

test.each(cases)('a store of blobs that %s fails the check "%s"', async (_, title, open) => {
  expect(await failures(open, title)).not.toEqual([]);
});

test('every check is failed by one of them', () => {
  const titles = titlesOf(blobStoreSuite).map(withoutSize);
  const tried = cases.map(([, title]) => withoutSize(title));
  expect(titles.filter((title) => !tried.some((each) => title.startsWith(each)))).toEqual([]);
});

/** Checks that are made for several sizes are one. */
const withoutSize = (title: string): string => title.replace(/\d+ bytes/, 'so many bytes');
