import { expect, test } from 'vitest';
import { createMemoryRows } from '../../../src/stores/memory/memory-rows.js';
import { isExpected, type PartRecord } from '../../../src/stores/port.js';
import type { FoundPart, PlacedPart, RowStore, RowVersion, Walk } from '../../../src/stores/split/row-store.js';
import { type OpenedRows, rowStoreSuite } from '../../../src/testing/index.js';
import { failuresOf, nextTurn, titlesOf } from './run-suite.js';

/** Rows in memory answer without promises. */
interface Rows extends RowStore {
  record(id: string, variant?: string): PartRecord | null;
  find(id: string, variant?: string): FoundPart | null;
  version(id: string): PartRecord[];
  isBlobInUse(blob: string): boolean;
  openSessions(begunUntil: number): readonly string[];
  partsInBlobs(): readonly PlacedPart[];
  givenUpBlobs(): readonly string[];
  endedSessions(): readonly string[];
}

type Opened = Partial<OpenedRows> & { rows: RowStore };
type Change = (rows: Rows) => Partial<RowStore>;

const rowsInMemory = () => ({ ...createMemoryRows(), close: async () => {} }) as Rows;

/** Rows that do one thing wrong, and so do others over the same. */
const wrongly = (change: Change) => (): Opened => {
  const rows = rowsInMemory();
  const open = () => ({ ...rows, ...change(rows) });
  return { rows: open(), another: async () => open() };
};

/** Rows that are right, beside others that do one thing wrong. */
const besideOthers = (change: Change) => (): Opened => {
  const rows = rowsInMemory();
  return { rows, another: async () => ({ ...rows, ...change(rows) }) };
};

const failures = (open: () => Opened, title?: string) =>
  failuresOf(rowStoreSuite, async () => ({ destroy: async () => {}, ...open() }), title);

test('rows that do everything right pass the suite', async () => {
  expect(await failures(wrongly(() => ({})))).toEqual([]);
});

const tokenOf = (rows: Rows, id: string) => rows.record(id)?.token ?? null;

/** Looks whether it may, and then does it. */
const racing: Change = (rows) => ({
  async put(version, expected) {
    const isFit = isExpected(tokenOf(rows, version.id), expected, version.token);
    await nextTurn();
    return isFit ? rows.put(version, tokenOf(rows, version.id)) : { kind: 'refused' };
  },
});

/** What a walk over parts gives. */
async function foundParts(rows: Rows) {
  const records = (await collect(rows.list())).flatMap(rows.version);
  return records.map(({ id, variant }) => ({ id, variant, found: rows.find(id, variant) as FoundPart }));
}

/** Goes on by number, though some have gone meanwhile. */
async function* byNumber<Item>(all: () => readonly Item[]): AsyncGenerator<Item> {
  for (let at = 0; at < all().length; at += 500) yield* all().slice(at, at + 500);
}

const collect = async <Item>(walk: Walk<Item>): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const item of walk) items.push(item);
  return items;
};

const remembered = (rows: Rows): Partial<RowStore> => {
  const known = new Map<string, PartRecord | null>();
  return {
    record(id, variant) {
      const name = `${id}.${variant}`;
      if (!known.has(name)) known.set(name, rows.record(id, variant));
      return known.get(name) ?? null;
    },
  };
};

const cases: [string, string, () => Opened][] = [
  [
    'keep the first part only',
    'gives back a version of 300 bytes',
    wrongly((rows) => ({ put: (row, expected) => rows.put({ ...row, parts: row.parts.slice(0, 1) }, expected) })),
  ],
  [
    'cut long ciphertexts',
    'gives back a version of 65536 bytes',
    wrongly((rows) => ({
      put: (row, expected) =>
        rows.put(
          {
            ...row,
            parts: row.parts.map((part) => ({ ...part, ciphertext: part.ciphertext?.slice(0, 4_096) ?? null })),
          },
          expected,
        ),
    })),
  ],
  [
    'forget the name of a blob',
    'gives back where the ciphertext is',
    wrongly((rows) => ({
      find(id, variant) {
        const found = rows.find(id, variant);
        return found && { ...found, blob: null };
      },
    })),
  ],
  [
    'take all parts for parts in blobs when one is',
    'keeps parts of one version in rows and in blobs',
    wrongly((rows) => ({
      find(id, variant) {
        const found = rows.find(id, variant);
        const blob = rows.find(id, 'thumb')?.blob ?? null;
        return found && blob ? { ...found, blob, ciphertext: null } : found;
      },
    })),
  ],
  [
    'count what was erased',
    'counts nothing of a folder from the moment its keys are erased',
    wrongly((rows) => {
      let counted = { images: 0, bytes: 0 };
      return {
        async eraseKeys(folder) {
          counted = await (rows.folderUsage?.(folder) ?? counted);
          return rows.eraseKeys(folder);
        },
        folderUsage: (folder) => (counted.images > 0 ? counted : (rows.folderUsage?.(folder) ?? counted)),
      };
    }),
  ],
  [
    'look at quotas, and put afterwards',
    'is exact when several processes put at the same moment',
    wrongly((rows) => ({
      async put({ quota, ...row }, expected) {
        const usage = await rows.folderUsage?.('a');
        await nextTurn();
        if (quota?.images !== undefined && usage && usage.images >= quota.images) return { kind: 'over-quota' };
        return rows.put(row, expected);
      },
    })),
  ],
  ['begin with a token', 'knows nothing of what was never put', wrongly(() => ({ lastRemovedToken: () => 1 }))],
  [
    'keep the very bytes that they are given',
    'keeps its own copy',
    wrongly((rows) => {
      let given: RowVersion | undefined;
      return {
        put(row, expected) {
          given = row;
          return rows.put(row, expected);
        },
        find(id, variant) {
          const found = rows.find(id, variant);
          return found && { ...found, ciphertext: given?.parts[0]?.ciphertext ?? null };
        },
      };
    }),
  ],
  [
    'give records in an order of their own',
    'gives many records in the order asked for',
    wrongly((rows) => ({ records: (names) => names.map(({ id, variant }) => rows.record(id, variant)).reverse() })),
  ],
  [
    'leave out records that are not there',
    'gives many records in the order asked for',
    wrongly((rows) => ({ records: (names) => names.flatMap(({ id, variant }) => rows.record(id, variant) ?? []) })),
  ],
  [
    'do not mind case',
    'tells ids apart',
    wrongly((rows) => ({
      put: (row, expected) => rows.put({ ...row, id: row.id.toLowerCase() }, expected),
      find: (id, variant) => rows.find(id.toLowerCase(), variant),
    })),
  ],
  [
    'count the parts in rows only',
    'counts images and the bytes',
    wrongly((rows) => ({
      async usage() {
        const { images, bytes } = await rows.usage();
        return { images, bytes: bytes - rows.partsInBlobs().reduce((sum, { size }) => sum + size, 0) };
      },
    })),
  ],
  [
    'answer with promises though they say otherwise',
    'answers without a promise',
    wrongly((rows) => ({ record: async (id, variant) => rows.record(id, variant) })),
  ],
  [
    'want tokens to grow by all means',
    'keeps a version when the one that is expected is stored',
    wrongly((rows) => ({
      put: async (row, expected) =>
        (tokenOf(rows, row.id) ?? 0) > row.token ? { kind: 'refused' } : rows.put(row, expected),
    })),
  ],
  [
    'do not mind what is expected',
    'refuses a version when another one is stored',
    wrongly((rows) => ({ put: (row) => rows.put(row, tokenOf(rows, row.id)) })),
  ],
  [
    'take "older" for "any"',
    'refuses a version when another one is stored',
    wrongly((rows) => ({
      put: (row, expected) => rows.put(row, expected === 'older' ? tokenOf(rows, row.id) : expected),
    })),
  ],
  [
    'note blobs as given up before they refuse',
    'refuses a version when another one is stored',
    wrongly((rows) => {
      const noted: string[] = [];
      return {
        put(row, expected) {
          for (const { blob } of rows.version(row.id).map(({ variant }) => rows.find(row.id, variant) as FoundPart)) {
            if (blob) noted.push(blob);
          }
          return rows.put(row, expected);
        },
        givenUpBlobs: () => [...rows.givenUpBlobs(), ...noted],
      };
    }),
  ],
  [
    'do not note what they give up',
    'gives up the blobs of the version before',
    wrongly((rows) => ({
      async put(row, expected) {
        const outcome = await rows.put(row, expected);
        if (outcome.kind === 'done') await rows.forgetBlobs(outcome.givenUp);
        return outcome;
      },
    })),
  ],
  [
    'do not tell what they give up',
    'gives up the blobs of the version before',
    wrongly((rows) => ({
      async put(row, expected) {
        const outcome = await rows.put(row, expected);
        return outcome.kind === 'done' ? { ...outcome, givenUp: [] } : outcome;
      },
    })),
  ],
  [
    'say of all parts that they were added',
    'adds the parts that a version does not have',
    wrongly((rows) => ({
      async addParts(row) {
        const outcome = await rows.addParts(row);
        const added = row.parts.map(({ variant }) => String(variant));
        return outcome.kind === 'done' ? { ...outcome, added } : outcome;
      },
    })),
  ],
  [
    'replace parts that are there when others are added',
    'adds the parts that a version does not have',
    wrongly((rows) => ({
      async addParts(row) {
        const kept = rows.version(row.id).filter(({ variant }) => !row.parts.some((part) => part.variant === variant));
        const outcome = await rows.addParts(row);
        const parts = kept.map(({ variant, ...record }) => ({ ...record, ...rows.find(row.id, variant), variant }));
        await rows.put({ ...row, parts: [...(parts as RowVersion['parts']), ...row.parts] }, row.token);
        return outcome;
      },
    })),
  ],
  [
    'add parts to whatever version is there',
    'adds no parts to another version',
    wrongly((rows) => ({ addParts: (row) => rows.addParts({ ...row, token: tokenOf(rows, row.id) ?? row.token }) })),
  ],
  [
    'do not tell the blobs of what they remove',
    'removes an image once',
    wrongly((rows) => ({ remove: async (id) => (await rows.remove(id)) && [] })),
  ],
  [
    'remove what begins with the id',
    'removes an image once',
    wrongly((rows) => ({
      async remove(id) {
        const blobs = await rows.remove(id);
        for (const other of await collect(rows.list(id))) await rows.remove(other);
        return blobs;
      },
    })),
  ],
  [
    'forget the tokens of what they removed',
    'never lets a removed image be born again',
    wrongly(() => ({ lastRemovedToken: () => 0 })),
  ],
  [
    'seal anew whatever version is there',
    'seals parts anew one by one',
    wrongly((rows) => ({
      reseal: (changes) => rows.reseal(changes.map((each) => ({ ...each, token: tokenOf(rows, each.id) ?? 0 }))),
    })),
  ],
  ['look first and write later', 'lets one of many writers win', wrongly(racing)],
  [
    'write part by part',
    'shows readers one version or the next',
    wrongly((rows) => ({
      async put(row, expected) {
        const outcome = await rows.put({ ...row, parts: row.parts.slice(0, 1) }, expected);
        await nextTurn();
        await rows.addParts({ ...row, parts: row.parts.slice(1) });
        return outcome;
      },
    })),
  ],

  [
    'list in the order of saving',
    'lists ids of images in order',
    wrongly((rows) => {
      const saved: string[] = [];
      return {
        put(row, expected) {
          saved.push(row.id);
          return rows.put(row, expected);
        },
        async *list(prefix = '') {
          yield* saved.filter((id) => id.startsWith(prefix));
        },
      };
    }),
  ],
  [
    'list one page',
    'lists more than a page',
    wrongly((rows) => ({
      async *list(prefix, after) {
        yield* (await collect(rows.list(prefix, after))).slice(0, 1_000);
      },
    })),
  ],
  [
    'list by number',
    'lists all images that are there all the time',
    wrongly((rows) => ({
      async *list(prefix) {
        for (let at = 0; ; at += 200) {
          const page = (await collect(rows.list(prefix))).slice(at, at + 200);
          if (page.length === 0) return;
          yield* page;
        }
      },
    })),
  ],
  [
    'give all keys at once',
    'walks through the key of every part',
    wrongly((rows) => ({
      async *sealedKeys() {
        yield (await collect(rows.sealedKeys())).flat();
      },
    })),
  ],
  [
    'walk through keys by number',
    'walks through the key of every part',
    wrongly((rows) => ({
      async *sealedKeys() {
        for (let at = 0; ; at += 200) {
          const page = (await collect(rows.sealedKeys())).flat().slice(at, at + 200);
          if (page.length === 0) return;
          yield page;
        }
      },
    })),
  ],
  [
    'walk through parts by number',
    'walks through all parts as it finds them',
    wrongly((rows) => ({
      async *parts() {
        for (let at = 0; ; at += 200) {
          const page = (await foundParts(rows)).slice(at, at + 200);
          if (page.length === 0) return;
          yield page;
        }
      },
    })),
  ],
  [
    'give parts of a walk the ciphertext of another',
    'walks through all parts as it finds them',
    wrongly((rows) => ({
      async *parts() {
        const parts = await foundParts(rows);
        const other = parts.at(-1)?.found.ciphertext ?? null;
        for (const { found, ...part } of parts) yield [{ ...part, found: { ...found, ciphertext: other } }];
      },
    })),
  ],
  [
    'tell of parts in blobs the image, not the part',
    'walks through the parts that are in blobs',
    wrongly((rows) => ({
      partsInBlobs: () => rows.partsInBlobs().map((part) => ({ ...part, id: part.id.replace(/\..*/, '') })),
    })),
  ],
  [
    'walk through given up blobs by number',
    'walks through blobs that were given up',
    wrongly((rows) => ({ givenUpBlobs: () => byNumber(rows.givenUpBlobs) })),
  ],
  [
    'walk through sessions by number',
    'walks through sessions that have ended',
    wrongly((rows) => ({ endedSessions: () => byNumber(rows.endedSessions) })),
  ],

  ['know no blob', 'tells blobs that a row names', wrongly(() => ({ isBlobInUse: () => false }))],
  [
    'take what was given up for unnamed',
    'tells blobs that a row names',
    wrongly((rows) => ({ unnamedBlobs: (blobs) => blobs.filter((blob) => !rows.isBlobInUse(blob)) })),
  ],
  [
    'look at the first thousand blobs',
    'tells blobs that a row names',
    wrongly((rows) => ({ unnamedBlobs: (blobs) => rows.unnamedBlobs(blobs.slice(0, 1_000)) })),
  ],
  [
    'name the blobs of what they refuse',
    'names no blob of a version that it refused',
    wrongly((rows) => {
      const named = new Set<string>();
      return {
        put(row, expected) {
          for (const { blob } of row.parts) if (blob) named.add(blob);
          return rows.put(row, expected);
        },
        isBlobInUse: (blob) => named.has(blob),
      };
    }),
  ],
  [
    'forget all that was given up at once',
    'remembers blobs that were given up',
    wrongly((rows) => ({ forgetBlobs: (blobs) => rows.forgetBlobs(blobs.length > 0 ? rows.givenUpBlobs() : []) })),
  ],
  ['give no sample', 'gives a sample of the parts', wrongly(() => ({ sampleOfBlobs: () => [] }))],

  [
    'know open sessions only',
    'knows a session from its beginning until',
    wrongly((rows) => ({ hasSession: (id) => rows.openSessions(Number.POSITIVE_INFINITY).includes(id) })),
  ],
  [
    'do not mind when a session began',
    'knows a session from its beginning until',
    wrongly((rows) => ({ openSessions: () => rows.openSessions(Number.POSITIVE_INFINITY) })),
  ],
  [
    'take the session that began last for the latest',
    'tells which session is the latest',
    wrongly((rows) => {
      let last: string | null = null;
      return {
        beginSession(session) {
          last = session.id;
          return rows.beginSession(session);
        },
        latestSession: () => last,
      };
    }),
  ],
  [
    'do not mind sessions',
    'keeps nothing that was written in a session that has ended',
    wrongly((rows) => ({ put: (row, expected) => rows.put({ ...row, session: null }, expected) })),
  ],
  [
    'do not mind sessions when parts are added',
    'keeps nothing that was written in a session that has ended',
    wrongly((rows) => ({ addParts: (row) => rows.addParts({ ...row, session: null }) })),
  ],
  [
    'take what they do not know for open',
    'keeps nothing that was written in a session that has ended',
    wrongly((rows) => {
      const ended = new Set<string>();
      return {
        async endSessions(sessions) {
          for (const each of sessions) ended.add(each);
        },
        put: async (row, expected) =>
          ended.has(row.session ?? '') ? { kind: 'session-ended' } : rows.put({ ...row, session: null }, expected),
        forgetSession: async (session) => void ended.delete(session),
      };
    }),
  ],
  [
    'drop what was written in a session that is forgotten',
    'keeps what was committed before its session ended',
    wrongly((rows) => ({
      async forgetSession(session) {
        const parts = rows.partsInBlobs().filter(({ blob }) => blob.startsWith(session));
        for (const { id } of parts) await rows.remove(id);
      },
    })),
  ],
  [
    'look at the session first and write later',
    'lets a session end before a commit or after it',
    wrongly((rows) => ({
      async put(row, expected) {
        if (!rows.openSessions(Number.POSITIVE_INFINITY).includes(row.session ?? '')) return { kind: 'session-ended' };
        await nextTurn();
        return rows.put({ ...row, session: null }, expected);
      },
      async endSessions(sessions, ended) {
        await rows.endSessions(sessions, ended);
      },
    })),
  ],

  [
    'replace a key ring for everybody',
    'keeps a key ring, and replaces it only',
    wrongly((rows) => ({
      putKeyRing: async (bytes) => rows.putKeyRing(bytes, (await rows.keyRing())?.version ?? 0),
    })),
  ],
  [
    'make a new object of the same key ring',
    'gives the same key ring until it is replaced',
    wrongly((rows) => ({ keyRing: () => structuredClone(rows.keyRing()) })),
  ],
  [
    'take keys under any ring',
    'gives a folder one key after the other',
    wrongly((rows) => ({
      addFolderKey: async (key) => rows.addFolderKey(key, (await rows.keyRing())?.version ?? 0),
    })),
  ],
  [
    'give parts without their key',
    'gives records, parts and sealed keys with the key',
    wrongly((rows) => ({
      find(id, variant) {
        const found = rows.find(id, variant);
        return found && { ...found, record: { ...found.record, folderKey: null } };
      },
    })),
  ],
  [
    'do not mind what a part was sealed with',
    'takes nothing that was sealed with another key',
    wrongly((rows) => ({
      put(row, expected) {
        const unnamed = (key: Uint8Array) => Uint8Array.from(key, (byte, index) => (index === 0 ? 0 : byte));
        return rows.put(
          { ...row, parts: row.parts.map((part) => ({ ...part, sealedKey: unnamed(part.sealedKey) })) },
          expected,
        );
      },
    })),
  ],
  [
    'look at the key of the original only',
    'takes nothing that was sealed with another key',
    wrongly((rows) => ({
      put: (row, expected) =>
        rows.put(
          { ...row, parts: row.parts.map((part) => ({ ...part, sealedKey: (row.parts[0] ?? part).sealedKey })) },
          expected,
        ),
    })),
  ],
  [
    'destroy no key',
    'has no image any more whose key was destroyed',
    wrongly(() => ({ destroyFolderKeys: async () => {} })),
  ],
  [
    'destroy a key when there is another',
    'keeps the key of a generation as it is',
    wrongly((rows) => ({
      async addFolderKey(key, ringVersion) {
        const isAdded = await rows.addFolderKey(key, ringVersion);
        await rows.destroyFolderKeys([{ folder: key.folder, generation: key.generation - 1 }]);
        return isAdded;
      },
    })),
  ],

  [
    'erase what was sealed with a key only',
    'gives no image of a folder any more once its keys are erased',
    wrongly((rows) => ({
      async eraseKeys(folder) {
        await rows.destroyFolderKeys([1, 2].map((generation) => ({ folder, generation })));
        return true;
      },
    })),
  ],
  [
    'erase a folder that nobody used',
    'changes nothing for a folder that was never used',
    wrongly((rows) => ({ eraseKeys: async (folder) => (await rows.eraseKeys(folder)) || true })),
  ],
  [
    'do not note blobs of what they erase',
    'removes what is left of a folder',
    wrongly((rows) => ({
      async removeErased(folder, after) {
        const step = await rows.removeErased(folder, after);
        await rows.forgetBlobs(step.givenUp);
        return step;
      },
    })),
  ],
  [
    'remove all images of a folder',
    'leaves alone what is saved under a new key',
    wrongly((rows) => ({
      async removeErased(folder, after) {
        const step = await rows.removeErased(folder, after);
        for (const id of await collect(rows.list(`${folder}:`))) await rows.remove(id);
        return step;
      },
    })),
  ],
  [
    'end whatever erasure there is of a folder',
    'goes on with a folder that was erased again',
    wrongly((rows) => ({ endErasure: ({ folder }) => rows.endErasure({ folder, generation: 2 }) })),
  ],

  [
    'are another store each time',
    'says which store it is',
    wrongly((rows) => {
      let count = 0;
      return {
        async identity() {
          count += 1;
          return { ...(await rows.identity()), id: String(count).padStart(32, '0') };
        },
      };
    }),
  ],
  [
    'are adopted when they are marked',
    'notes that the blobs have its mark',
    wrongly((rows) => ({ noteMarked: () => rows.adopt({ epoch: 1, sessions: [], at: 0 }) })),
  ],
  [
    'do not learn sessions of others when they are adopted',
    'is the right one once it is adopted',
    wrongly((rows) => ({ adopt: (adoption) => rows.adopt({ ...adoption, sessions: [] }) })),
  ],

  ['remember records for good', 'shows others at once', besideOthers(remembered)],
  ['look first and write later', 'lets one of two processes win', wrongly(racing)],
  [
    'end a session for themselves only',
    'keeps nothing of a session that another process has ended',
    besideOthers(() => ({ endSessions: async () => {} })),
  ],
  [
    'say that they have added a key',
    'gives a folder each key once',
    besideOthers(() => ({ addFolderKey: async () => true })),
  ],
  ['remember records for good', 'has no image any more whose folder another process has erased', wrongly(remembered)],
  [
    'remember what they are',
    'says of itself the same in all processes',
    besideOthers((rows) => {
      const identity = rows.identity();
      return { identity: () => identity };
    }),
  ],
  [
    'lose everything when they are closed',
    'has everything again after it was closed',
    () => ({
      rows: { ...rowsInMemory(), supports: { syncRecords: true, persistence: true } },
      reopen: async () => rowsInMemory(),
    }),
  ],
];

test.each(cases)('rows that %s fail the check "%s"', async (_, title, open) => {
  expect(await failures(open, title)).not.toEqual([]);
});

test('every check is failed by one of them', () => {
  const tried = cases.map(([, title]) => withoutSize(title));
  const titles = titlesOf(rowStoreSuite).map(withoutSize);
  expect(titles.filter((title) => !tried.some((each) => title.startsWith(each)))).toEqual([]);
});

/** Checks that are made for several sizes are one. */
const withoutSize = (title: string): string => title.replace(/\d+ bytes/, 'so many bytes');
