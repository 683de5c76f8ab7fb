import { randomBytes } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen } from '../../shared/maybe-promise.js';
import type { MaybePromise, StoreHealth } from '../port.js';
import { begunOf, secondsOf, sessionPattern } from './blob-name.js';
import type { BlobStore } from './blob-store.js';
import type { Identity } from './identity.js';
import { sessionMark } from './prefixed-blobs.js';
import type { PlacedPart, RowIdentity, RowStore } from './row-store.js';
import type { SessionBlobs } from './session-blobs.js';
import { ciphertextMissing } from './split-errors.js';

export interface MarkedIdentityOptions {
  rows: RowStore;
  blobs: BlobStore;
  storeBlobs: SessionBlobs;
  /** ms since 1970. */
  now(): number;
  /** Called when these rows turn out to be an old copy, or one that lies elsewhere. */
  onDoubt(): void;
}

/** What lies beside the blobs of a store, once for every time that it was adopted. */
interface Mark {
  epoch: number;
  /** Where the rows lay that made it: see `RowIdentity`. */
  place: string | null;
}

const sampleSize = 8;
const epochDigits = 10;

// Clocks of writers may differ by less than this.
const clockMargin = 3_600_000; // ms

const digitsOf = (epoch: number): string => String(epoch).padStart(epochDigits, '0');

export const notAdopted =
  'The blobs have seen a later state of these rows, or another copy of them: images are served and saved, and no blob is removed until you say by adopt() that these rows are the right ones.';

/**
 * Knows an old copy of rows by what it left beside the blobs: a mark for every adoption, and one for every session. Rows
 * that lie elsewhere than the latest adoption says, or that do not know a session, are a copy. It serves and saves, and
 * removes nothing until it is adopted; and whoever was adopted before it removes no blob from then on, and writes none once
 * its session is over.
 */
export function createMarkedIdentity({ rows, blobs, storeBlobs, now, onDoubt }: MarkedIdentityOptions) {
  let missing = 0;

  async function* namesIn(prefix: string, after?: string): AsyncGenerator<string, void, void> {
    for await (const name of blobs.list(prefix, after && prefix + after)) yield name.slice(prefix.length);
  }

  /** The latest one. */
  async function readMark({ id }: RowIdentity): Promise<Mark | null> {
    const prefix = `${id}/epochs/`;
    let latest = '';
    for await (const name of namesIn(prefix)) latest = name;
    if (latest === '') return null;
    const size = await blobs.size(prefix + latest);
    const bytes = size === null ? null : await blobs.read(prefix + latest, size);
    if (!bytes) return null;
    const { place } = JSON.parse(new TextDecoder().decode(bytes)) as Mark;
    return { epoch: Number.parseInt(latest, 10), place };
  }

  /** @returns what it is called among marks: by its epoch, and a name is never used twice */
  async function writeMark({ id }: RowIdentity, { epoch, place }: Mark): Promise<string> {
    const note = 'pixstore keeps encrypted images here. Leave this.';
    const name = `${digitsOf(epoch)}-${randomBytes(4).toString('hex')}`;
    await blobs.write(`${id}/epochs/${name}`, new TextEncoder().encode(JSON.stringify({ place, note })));
    return name;
  }

  /** Two copies may be adopted at once, and whoever writes later sees the mark of the other: so no epoch has two. */
  async function requireOnlyMark({ id }: RowIdentity, epoch: number, own: string): Promise<void> {
    for await (const name of namesIn(`${id}/epochs/`, digitsOf(epoch))) if (name !== own) throw superseded();
  }

  /** Is there a session that these rows do not know? Looks at those that began after all that they know. */
  async function hasUnknownSession({ id }: RowIdentity): Promise<boolean> {
    const latest = await rows.latestSession();
    const from = latest ? secondsOf(begunOf(latest) - clockMargin) : undefined;
    for await (const session of namesIn(`${id}/${sessionMark('')}`, from)) {
      if (!sessionPattern.test(session) || (await rows.hasSession(session))) continue;
      // Unless somebody has forgotten it since: then its mark went first.
      if ((await blobs.size(`${id}/${sessionMark(session)}`)) !== null) return true;
    }
    return false;
  }

  async function isLatest(row: RowIdentity, mark: Mark): Promise<boolean> {
    if (mark.epoch > row.epoch || mark.place !== row.place) return false;
    return !(await hasUnknownSession(row));
  }

  async function doubt({ epoch }: RowIdentity): Promise<void> {
    await rows.doubt(epoch);
    onDoubt();
  }

  async function doubtUnlessLatest(row: RowIdentity, mark: Mark): Promise<void> {
    if (row.isAdopted && !(await isLatest(row, mark))) await doubt(row);
  }

  /** Was another copy adopted after these rows? One request tells, so it can be asked before every removal. */
  async function hasLaterMark({ id, epoch }: RowIdentity): Promise<boolean> {
    for await (const _ of namesIn(`${id}/epochs/`, digitsOf(epoch + 1))) return true;
    return false;
  }

  const isThere = async ({ blob, size }: PlacedPart) => (await storeBlobs.size(blob)) === size;

  /** That a single one is gone, from a place that has our mark, is no reason to keep all others back. */
  async function requireBlobs(mark: Mark | null): Promise<void> {
    const sample = await rows.sampleOfBlobs(sampleSize);
    const found = await Promise.all(sample.map(isThere));
    missing = found.filter((isFound) => !isFound).length;
    if (missing > 0 && missing === sample.length && (missing > 1 || !mark)) throw blobsMissing();
  }

  async function requireMark(row: RowIdentity): Promise<Mark> {
    const mark = await readMark(row);
    if (!mark) throw blobsMissing();
    return mark;
  }

  /** Marks the blobs for the first time, unless a copy of these rows has done it before. */
  async function begin(row: RowIdentity): Promise<void> {
    const mark = await readMark(row);
    if (mark) await doubtUnlessLatest(row, mark);
    else await writeMark(row, row);
    await rows.noteMarked();
  }

  let storeId: string | undefined;

  const identity: Identity = {
    storeId: () =>
      storeId ??
      andThen(rows.identity(), ({ id }) => {
        storeId = id;
        return id;
      }),

    isThere: async () => (await readMark(await rows.identity())) !== null,

    async beginSession() {
      const row = await rows.identity();
      if (!row.isMarked) return begin(row);
      const mark = await requireMark(row);
      await doubtUnlessLatest(row, mark);
      if (mark.epoch > row.epoch) throw superseded();
    },

    async check() {
      const row = await rows.identity();
      if (row.isMarked) await doubtUnlessLatest(row, await requireMark(row));
    },

    isAdopted: () => andThen(rows.identity(), (row) => row.isAdopted),

    async mayRemove(names) {
      const row = await rows.identity();
      if (!row.isAdopted) return [];
      if (!(await hasLaterMark(row))) return names;
      await doubt(row);
      return [];
    },

    /** The mark comes first: from then on nobody else begins a session or removes a blob, and what is left can be done again. */
    async adopt() {
      const row = await rows.identity();
      const mark = await readMark(row);
      await requireBlobs(mark);
      const epoch = Math.max(row.epoch, mark?.epoch ?? 0) + 1;
      await requireOnlyMark(row, epoch, await writeMark(row, { epoch, place: row.place }));
      const sessions: string[] = [];
      for await (const session of namesIn(`${row.id}/${sessionMark('')}`)) {
        if (sessionPattern.test(session)) sessions.push(session);
      }
      await rows.adopt({ epoch, sessions, at: Math.floor(now()) });
    },

    async health(unfound): Promise<StoreHealth> {
      const row = await rows.identity();
      const mark = row.isMarked ? await readMark(row) : row;
      const failures = [
        ...(mark ? [] : [blobsMissing().message]),
        ...(mark && mark.epoch > row.epoch ? [superseded().message] : []),
      ];
      const worries = [
        ...(missing + unfound > 0 ? [ciphertextMissing().message] : []),
        ...(row.isAdopted ? [] : [notAdopted]),
      ];
      const status = failures.length > 0 ? 'failed' : worries.length > 0 ? 'degraded' : 'ok';
      return { status, problems: [...failures, ...worries] };
    },
  };

  return {
    identity,

    /** Looks at rows and blobs before they are used. @throws PixstoreError `IMAGE_DIR_MISSING` */
    open: (): MaybePromise<void> =>
      andThen(rows.identity(), (row) => {
        // Of a store that has no blobs yet, there is nothing to see.
        if (!row.isMarked) return;
        return readMark(row).then(async (mark) => {
          await requireBlobs(mark);
          if (mark) await doubtUnlessLatest(row, mark);
        });
      }),
  };
}

function blobsMissing(): PixstoreError {
  return new PixstoreError(
    'IMAGE_DIR_MISSING',
    'The blobs that the rows name are not where this store looks for them: another bucket, prefix or folder, or one that cannot be reached. Nothing was made or changed; correct it. Where no image was kept in it, adopt() makes it anew.',
  );
}

function superseded(): PixstoreError {
  return new PixstoreError(
    'STORE_SUPERSEDED',
    'Another copy of these rows was adopted for these blobs: this one can keep no blob any more. Use that one, or adopt this one again.',
  );
}
