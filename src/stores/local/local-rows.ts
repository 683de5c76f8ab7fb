import { joinId, variantOf } from '../../shared/protocol/image-id.js';
import type { SealedKey } from '../port.js';
import type { KeepOutcome, ListedRow, RowStore, RowVersion } from '../split/row-store.js';
import type { BlobReads } from './blob-reads.js';
import { type Changes, createChanges } from './changes.js';
import type { Command, Outcome } from './commands.js';
import type { SqlDatabase } from './driver.js';
import type { NumberedKey, Reads, WalkedRow } from './reads.js';
import { createRecordCache } from './record-cache.js';
import { type FoundRow, toPartRows } from './row.js';
import type { Writer } from './writer.js';

export interface LocalRowsOptions {
  /** Closed with the rows, after their last change. */
  database: SqlDatabase;
  reads: Reads;
  blobReads: BlobReads;
  writer: Writer;
  /** Ciphertexts up to so many bytes live in the database. */
  inlineUpTo: number;
}

/** The rows of a store, and what changes all that lies in its database. */
export interface LocalRows {
  rows: RowStore;
  changes: Changes;
}

/** The rows of a store in SQLite. Looked up on the calling thread; changed by the writer, on its own. */
export function createLocalRows({ database, reads, blobReads, writer, inlineUpTo }: LocalRowsOptions): LocalRows {
  const cache = createRecordCache(reads);
  const changes = createChanges(writer, cache);

  /** Mostly an image is read soon after its record was handed out: then its row is where the record was found. */
  function findRow(joined: string): FoundRow | null {
    const remembered = cache.remembered(joined);
    return (remembered && reads.rowOf(joined, remembered)) ?? reads.row(joined);
  }

  /** A page after the other, until there is none. */
  async function* paged<Item>(pageAfter: (last: Item | undefined) => Item[]): AsyncGenerator<Item[]> {
    for (let page = pageAfter(undefined); page.length > 0; ) {
      yield page;
      page = pageAfter(page.at(-1));
    }
  }

  function complete({ id, variant, row, error, rowid }: WalkedRow): ReadRow {
    if (!row) return { part: { id, variant, ...(error && { error }) }, rowid };
    const record = cache.withKey(row.record);
    if (!record) return { part: null, rowid };
    // Another version, and not this row's, when it was updated in this very moment.
    const isOfRow = record.token === row.record.token;
    const found = { record, ciphertext: row.ciphertext, blob: row.file };
    return { part: { id, variant, ...(isOfRow && { found }) }, rowid };
  }

  async function make(command: Command): Promise<void> {
    await changes.make(command);
  }

  const rows: RowStore = {
    supports: { syncRecords: true, persistence: true, quotas: true },
    inlineUpTo: inlineUpTo,

    record: cache.record,
    records: (names) => names.map(({ id, variant }) => cache.record(id, variant)),
    version: (id) =>
      cache.settled(
        () => reads.version(id),
        ([original]) => original?.sealedKey,
        (rows, withKey) => {
          const parts = rows.flatMap((row) => withKey(row) ?? []);
          return parts.length === rows.length ? parts : null;
        },
      ) ?? reads.version(id).flatMap((row) => cache.withKey(row) ?? []),
    find: (id, variant) =>
      cache.settled(
        () => findRow(joinId(id, variant)),
        (row) => row?.record.sealedKey,
        (row, withKey) => {
          const record = row && withKey(row.record);
          return record && { record, ciphertext: row.ciphertext, blob: row.file };
        },
      ),

    async *list(prefix = '', after = '') {
      // Looked at as soon as it is read, however slowly the caller goes on.
      const found = paged<ListedImage>((last) =>
        reads
          .list(prefix, last?.id ?? after)
          .map(({ id, sealedKey }) => ({ id, isThere: cache.isThere(id, sealedKey) })),
      );
      for await (const page of found) yield* page.filter(({ isThere }) => isThere).map(({ id }) => id);
    },

    async *parts() {
      for await (const page of paged<ReadRow>((last) => reads.parts(last?.rowid ?? 0).map(complete))) {
        yield page.flatMap(({ part }) => part ?? []);
      }
    },

    async *sealedKeys() {
      const found = paged<ListedKey>((last) =>
        reads
          .sealedKeys(last?.rowid ?? 0)
          .map(({ rowid, ...sealed }) => ({ rowid, sealed: cache.withFolderKey(sealed) })),
      );
      for await (const page of found) yield page.flatMap(({ sealed }) => sealed ?? []);
    },

    put: async (version, expectedToken) =>
      toKeepOutcome(await changes.outcomeOf({ kind: 'replace', expectedToken, ...toChange(version) })),

    addParts: async (version) => toKeepOutcome(await changes.outcomeOf({ kind: 'add-parts', ...toChange(version) })),

    remove: async (id) => (await changes.make({ kind: 'remove', id }))?.givenUp ?? null,

    async reseal(resealed) {
      const keys = resealed.map(({ id, variant, token, sealedKey }) => ({ id: joinId(id, variant), token, sealedKey }));
      return (await changes.make({ kind: 'reseal', keys }))?.resealed ?? 0;
    },

    lastRemovedToken: reads.lastRemovedToken,
    keyRing: cache.keyRing,
    putKeyRing: async (bytes, expectedVersion) =>
      (await changes.make({ kind: 'put-key-ring', bytes, expectedVersion })) !== null,
    masterKeyIds: reads.masterKeyIds,
    folderKey: cache.folderKey,
    async *folderKeys() {
      for await (const page of paged<NumberedKey>((last) => reads.folderKeys(last?.number ?? 0))) {
        yield page.map(({ key }) => key);
      }
    },
    addFolderKey: async (key, ringVersion) =>
      (await changes.make({ kind: 'add-folder-key', ...key, ringVersion })) !== null,
    destroyFolderKeys: (keys) => make({ kind: 'destroy-folder-keys', keys }),

    eraseKeys: async (folder) => (await changes.make({ kind: 'erase-keys', folder })) !== null,
    erasures: reads.erasures,
    async removeErased(folder, after) {
      const done = await changes.make({ kind: 'remove-erased', folder, after });
      const { images, last } = done?.erased ?? { images: 0, last: null };
      return { images, last, givenUp: done?.givenUp ?? [] };
    },
    endErasure: (erasure) => make({ kind: 'end-erasure', ...erasure }),

    usage: reads.usage,
    folderUsage: reads.folderUsage,

    isBlobInUse: blobReads.isBlobInUse,
    unnamedBlobs: (blobs) => blobs.filter((blob) => !blobReads.isBlobInUse(blob) && !blobReads.isGivenUp(blob)),
    partsInBlobs: blobReads.partsInBlobs,
    sampleOfBlobs: blobReads.sampleOfBlobs,
    givenUpBlobs: blobReads.givenUpBlobs,
    forgetBlobs: changes.forgetBlobs,

    beginSession: ({ id: session, begun }) => make({ kind: 'begin-session', session, begun }),
    endSessions: (sessions, ended) => make({ kind: 'end-sessions', sessions: [...sessions], ended }),
    forgetSession: (session) => make({ kind: 'forget-session', session }),
    hasSession: blobReads.hasSession,
    openSessions: blobReads.openSessions,
    endedSessions: blobReads.endedSessions,
    latestSession: blobReads.latestSession,

    // From here on, for `splitStore` over these rows: the local store has an identity of its own.
    identity() {
      const { id, epoch, isMarked, isAdopted } = blobReads.store();
      return { id, epoch, isMarked, isAdopted, place: null };
    },
    noteMarked: () => make({ kind: 'note-marked' }),
    doubt: (epoch) => make({ kind: 'doubt', epoch }),
    adopt: ({ epoch, sessions, at }) =>
      make({ kind: 'adopt', epoch, nonce: blobReads.store().nonce, sessions: [...sessions], at }),

    async close() {
      await changes.close();
      database.close();
    },
  };
  return { rows, changes };
}

/** Rows that a walk has come by; of those whose image is gone, it needs the place only. */
interface ReadRow {
  part: ListedRow | null;
  rowid: number;
}

interface ListedImage {
  id: string;
  isThere: boolean;
}

interface ListedKey {
  sealed: SealedKey | null;
  rowid: number;
}

/** What both commands that keep parts have in common. */
function toChange(version: RowVersion) {
  const { id, token, session, quota } = version;
  return { id, token, session, rows: toPartRows(version), ...(quota && { quota }) };
}

function toKeepOutcome(outcome: Outcome): KeepOutcome {
  if (outcome.kind !== 'done') return outcome;
  const { givenUp, added } = outcome;
  return { kind: 'done', givenUp, ...(added && { added: added.map((joined) => variantOf(joined) as string) }) };
}
