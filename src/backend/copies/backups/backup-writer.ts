import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { StoreProblem } from '../../../stores/port.js';
import type { BaseBackups } from './bases.js';
import { type BackupHead, writeHead } from './head.js';
import type { ReadImage } from './image-reader.js';
import { createPieceWriter, piecesIn } from './pieces.js';
import { type BackupPlace, numberOf } from './place.js';
import type { BackupPart } from './rows.js';
import { createSegmentWriter, type Segment } from './segments.js';

export interface BackupWriterOptions {
  place: BackupPlace;
  /** The backup's. */
  name: string;
  storeId: string;
  /** ms since 1970. */
  begun: number;
  bases: BaseBackups;
  /** By joined id. */
  problems: ReadonlyMap<string, StoreProblem>;
}

// After so many bytes, or images, what was written is noted: a crash costs no more.
const draftBytes = 64 * 1024 * 1024;
const draftImages = 20_000;

/** Writes a backup: ciphertexts, rows, now and then a draft, and at the end its head. */
export type BackupWriter = ReturnType<typeof createBackupWriter>;

export function createBackupWriter({ place, name, storeId, begun, bases, problems }: BackupWriterOptions) {
  const pieces = createPieceWriter(place, name);
  const written = { copied: 0, bytes: 0 };
  let rows = createSegmentWriter(place);
  let walk = { done: 0, same: 0, held: 0 };
  let noted = { bytes: 0, images: 0 };
  let drafts = 0;
  let draft: string | undefined;

  /** What is noted now: a head but for its end. */
  const headOf = (ended: number | null, lastRemovedToken: number): BackupHead => {
    const segments = rows.segments();
    return {
      ...{ store: storeId, begun, ended, lastRemovedToken, segments },
      images: sumOf(segments, ({ images }) => images),
      bytes: sumOf(segments, ({ bytes }) => bytes),
      ...packsOf(segments, pieces.packs(), bases.packs),
      problems: [...problems.values()],
    };
  };

  return {
    /** A walk through all images begins, the first one or another. */
    begin(): void {
      rows = createSegmentWriter(place);
      walk = { done: 0, same: 0, held: 0 };
    },

    /** To be called in the order of ids. */
    async add({ id, token, parts }: ReadImage): Promise<void> {
      const placed: BackupPart[] = [];
      for (const { part, base, ciphertext, digest } of parts) {
        const { piece, at } = base ?? (await pieces.add(ciphertext));
        const { variant, size, sealedKey, iv, tag } = part;
        placed.push({ variant, size, sealedKey, iv, tag, digest, piece, at });
        walk.held += size;
        if (!base) written.bytes += size;
      }
      walk.done += 1;
      if (parts.every(({ base }) => base)) walk.same += 1;
      else written.copied += 1;
      await rows.add({ id, token, parts: placed });
    },

    /** A segment is as it was in a backup of before. */
    reuse(segment: Segment): void {
      rows.reuse(segment);
      walk.done += segment.images;
      walk.same += segment.images;
      walk.held += segment.bytes;
    },

    /** All images up to an id were added. */
    endRange: (last: string) => rows.end(last),

    /** Should what was written be noted? */
    isLong: (): boolean => written.bytes - noted.bytes > draftBytes || written.copied - noted.images > draftImages,

    /** Notes what was written, for the next backup to go on with. */
    async writeDraft(): Promise<void> {
      await pieces.flush();
      noted = { bytes: written.bytes, images: written.copied };
      drafts += 1;
      const part = `${name}-${String(drafts).padStart(6, '0')}`;
      const next = await writeHead(place, 'drafts', part, headOf(null, 0));
      if (draft !== undefined) await place.remove(draft);
      draft = next;
    },

    /** All is written, but the head. */
    flush: () => pieces.flush(),

    /** The backup is whole. @throws PixstoreError `BACKUP_FAILED` when somebody has removed what it needs */
    async finish(ended: number, lastRemovedToken: number): Promise<void> {
      await requireAll(place, rows.segments());
      await writeHead(place, 'runs', name, headOf(ended, lastRemovedToken));
      const number = numberOf(name);
      for (const older of await place.list('drafts')) if (older.number <= number) await place.remove(older.blob);
    },

    counts: () => ({ ...written, ...walk }),
  };
}

const sumOf = (segments: readonly Segment[], numberIn: (segment: Segment) => number): number =>
  segments.reduce((sum, segment) => sum + numberIn(segment), 0);

/** The packs that are needed, and those of them that are mostly not. */
function packsOf(
  segments: readonly Segment[],
  ...known: readonly ReadonlyMap<string, number>[]
): Pick<BackupHead, 'packs' | 'sparse'> {
  const lengthOf = (piece: string) => known.find((lengths) => lengths.has(piece))?.get(piece);
  const live = new Map<string, number>();
  const packs = new Map<string, number>();
  for (const { uses } of segments) {
    for (const [piece, bytes] of uses) {
      const length = packs.get(piece) ?? lengthOf(piece);
      if (length === undefined) continue; // it has one ciphertext
      packs.set(piece, length);
      live.set(piece, (live.get(piece) ?? 0) + bytes);
    }
  }
  const isSparse = ([piece, length]: [string, number]) => (live.get(piece) ?? 0) * 2 < length;
  return { packs, sparse: [...packs].filter(isSparse).map(([piece]) => piece) };
}

/** Somebody may have pruned the place meanwhile. */
async function requireAll(place: BackupPlace, segments: readonly Segment[]): Promise<void> {
  const present = await piecesIn(place);
  const missing = new Set(segments.map(({ name }) => name));
  for await (const blob of place.names('rows/')) missing.delete(place.rowsOf(blob) ?? '');
  const isThere = ({ uses }: Segment) => [...uses.keys()].every((piece) => present.has(piece));
  if (missing.size > 0 || !segments.every(isThere)) throw pruned();
}

function pruned(): PixstoreError {
  return new PixstoreError(
    'BACKUP_FAILED',
    'What a backup needs was removed from its place while it was made. Begin again; what is there is not copied again.',
  );
}
