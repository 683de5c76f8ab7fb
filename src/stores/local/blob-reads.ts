import { randomBytes } from 'node:crypto';
import { isImageId } from '../../shared/protocol/image-id.js';
import { sessionPattern, storeIdPattern } from '../split/blob-name.js';
import type { PlacedPart } from '../split/row-store.js';
import { commitsQuery } from './counters.js';
import type { SqlDatabase, SqlRow } from './driver.js';
import { isBlobName } from './file-name.js';
import { isEpoch, noncePattern } from './mark.js';
import { checked, numberOr, toCount } from './row.js';
import { rowInvalid } from './storage-error.js';

/** Which store this is, as its database says. */
export interface StoreRow {
  id: string;
  epoch: number;
  /** What the mark in the folder says when this is the latest copy of the database. */
  nonce: string;
  /** What it is about to say, or says already. */
  nextNonce: string | null;
  /** Has the folder of blobs had our mark? Then it must have it. */
  isMarked: boolean;
  /** False: this may be an old copy, and nothing that others may still need is removed. */
  isAdopted: boolean;
}

export type BlobReads = ReturnType<typeof prepareBlobReads>;

/** What the database says of blobs, of the sessions that they were written in, and of the store that they belong to. */
export function prepareBlobReads(database: SqlDatabase) {
  const prepared = {
    fileInUse: database.prepare('SELECT 1 FROM parts WHERE file = ?'),
    inFiles: database.prepare(
      `SELECT id, file, ${anySize} AS size FROM parts WHERE file IS NOT NULL AND file >= ? ORDER BY file LIMIT 1000`,
    ),
    inFileFrom: database.prepare(
      `SELECT id, file, ${anySize} AS size FROM parts WHERE file IS NOT NULL AND file >= ? ORDER BY file LIMIT ?`,
    ),
    store: database.prepare('SELECT * FROM store'),
    isAdopted: database.prepare('SELECT is_adopted FROM store'),
    session: database.prepare('SELECT 1 FROM sessions WHERE id = ?'),
    latestSession: database.prepare('SELECT max(id) AS id FROM sessions'),
    endedSessions: database.prepare(
      'SELECT id FROM sessions WHERE ended IS NOT NULL AND id >= ? ORDER BY id LIMIT 1000',
    ),
    openSessions: database.prepare('SELECT id FROM sessions WHERE ended IS NULL AND begun <= ?'),
    sampleOfSessions: database.prepare('SELECT id FROM sessions ORDER BY random() LIMIT ?'),
    givenUp: database.prepare('SELECT file FROM given_up_blobs WHERE file >= ? ORDER BY file LIMIT 1000'),
    isGivenUp: database.prepare('SELECT 1 FROM given_up_blobs WHERE file = ?'),
    commits: database.prepare(commitsQuery),
  };

  const sessionOf = ({ id }: SqlRow): string => checked(id, sessionPattern);

  /** So many parts in files, the first whose names are not below this. */
  const partsFrom = (name: string, count: number): PlacedPart[] => prepared.inFileFrom.all(name, count).map(toPlace);

  return {
    isBlobInUse: (blob: string): boolean => prepared.fileInUse.get(blob) !== undefined,
    isGivenUp: (blob: string): boolean => prepared.isGivenUp.get(blob) !== undefined,

    /** In the order of the blobs' names. */
    partsInBlobs: () =>
      pages(
        (from) => prepared.inFiles.all(from).map(toPlace),
        ({ blob }) => blob,
      ),

    /** So many, as many of schema 1, and of as many sessions one each. */
    sampleOfBlobs(count: number): PlacedPart[] {
      const anywhere = () => randomBytes(8).toString('hex');
      const starts = [
        ...prepared.sampleOfSessions.all(count).map(({ id }) => `${id}/${anywhere()}`),
        ...Array.from({ length: count }, () => `${anywhere().slice(0, 2)}/${anywhere()}`),
      ];
      const found = [...partsFrom('', count), ...starts.flatMap((start) => partsFrom(start, 1))];
      return [...new Map(found.map((part) => [part.blob, part])).values()];
    },

    store(): StoreRow {
      const row = prepared.store.get() ?? {};
      if (!isEpoch(row.epoch)) throw rowInvalid();
      return {
        id: checked(row.id, storeIdPattern),
        epoch: row.epoch,
        nonce: checked(row.nonce, noncePattern),
        nextNonce: row.next_nonce === null ? null : checked(row.next_nonce, noncePattern),
        isMarked: row.is_marked === 1,
        isAdopted: row.is_adopted === 1,
      };
    },

    /** The same as `store().isAdopted`, for who asks often. */
    isAdopted: (): boolean => prepared.isAdopted.get()?.is_adopted === 1,

    commits: () => toCount(prepared.commits.get()?.value ?? 0),

    hasSession: (session: string): boolean => prepared.session.get(session) !== undefined,
    /** The greatest id. */
    latestSession(): string | null {
      const { id = null } = prepared.latestSession.get() ?? {};
      return id === null ? null : checked(id, sessionPattern);
    },
    endedSessions: () => pages((from) => prepared.endedSessions.all(from).map(sessionOf)),
    /** Those that nobody has ended, and that began at this time or before (ms since 1970). */
    openSessions: (begunUntil: number): string[] => prepared.openSessions.all(begunUntil).map(sessionOf),

    /** Blobs that no row names any more and that are still to be removed. */
    givenUpBlobs: () => pages((from) => prepared.givenUp.all(from).map(toGivenUp)),
  };
}

// No file has so many bytes when somebody else wrote the number.
const anySize = numberOr('size', -1);

/** Of a row that somebody else wrote as well: whoever looks for what is wrong has to find it. */
function toPlace({ id, file, size }: SqlRow): PlacedPart {
  return { id: isImageId(id) ? id : '(no id)', blob: String(file), size: size as number };
}

function toGivenUp({ file }: SqlRow): string {
  if (!isBlobName(file)) throw rowInvalid();
  return file;
}

/** All that a query finds, a page at a time: others may write between two pages. */
function* pages<Item>(
  pageFrom: (from: string) => Item[],
  keyOf: (item: Item) => string = String,
): Generator<Item, void, void> {
  let from = '';
  for (;;) {
    const page = pageFrom(from);
    yield* page;
    if (page.length === 0) return;
    const next = `${keyOf(page.at(-1) as Item)}\0`;
    // Text that is no UTF-8 is read as something else: then the next page might be this one, for ever.
    if (next <= from) return;
    from = next;
  }
}
