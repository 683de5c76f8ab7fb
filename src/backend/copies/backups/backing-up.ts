import { setImmediate as nextTurn } from 'node:timers/promises';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { FolderKey, ImageStore, StoreProblem } from '../../../stores/port.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';
import { createThrottle } from '../../images/rate.js';
import type { StoreKeys } from '../../keys/store-keys.js';
import type { CopiedImage } from '../copied-image.js';
import { createLiveSource, type IdRange, type LiveSource } from '../live-source.js';
import { createOpenedKeys } from '../opened-keys.js';
import { replaceBackupKeys } from './backup-keys.js';
import { type BaseBackups, openBases } from './bases.js';
import { type BackupHead, writeHead } from './head.js';
import { createImageReader, type ReadImage } from './image-reader.js';
import type { BackUpOptions } from './options.js';
import { createPieceWriter, piecesIn } from './pieces.js';
import { type BackupPlace, newName, openPlace } from './place.js';
import type { BackupPart } from './rows.js';
import { createSegmentWriter, type Segment } from './segments.js';
import { findUnchanged } from './unchanged.js';

/** How far a backup has come. */
export interface BackupProgress {
  /** `images`: a walk through all images; `keys`: the keys are replaced; `done`: the backup is whole. */
  step: 'images' | 'keys' | 'done';
  /** The backup's name; those of later ones are greater. */
  backup: string;
  /** Images that the walk has come by, and about how many there are. */
  done: number;
  total: number;
  /** Images of which something was written, and those that were in the backups of before. */
  copied: number;
  same: number;
  /** Bytes of ciphertext that were written, and that this backup holds. */
  bytes: number;
  held: number;
  /** What is damaged or missing in the store, and so in this backup. */
  problems: readonly StoreProblem[];
}

// Images that are read at once, within so many bytes.
const imagesAtOnce = 64;
const bytesAtOnce = 32 * 1024 * 1024;

// After so many bytes, or images, what was written is noted: a crash costs no more.
const draftBytes = 64 * 1024 * 1024;
const draftImages = 20_000;

const mostPasses = 5;

export interface BackUpSource {
  store: ImageStore;
  keys: StoreKeys;
}

/**
 * Backs a store up, while it goes on being used. What is in a backup of before is not read again.
 *
 * ```text
 *   ciphertexts ─► rows that name them ─► (a draft, now and then) ─► keys ─► head: the backup is whole
 * ```
 */
export async function* backUpStore(
  { store, keys }: BackUpSource,
  blobs: BlobStore,
  { signal, rate = {}, only }: BackUpOptions,
): AsyncGenerator<BackupProgress, void, void> {
  const place = openPlace(blobs);
  const { now, randomBytes } = keys.begin();
  const storeId = await keys.storeId();
  const { bases, number } = await openBases(place, storeId);
  const backup = newName(number, randomBytes);
  const replaceKeys = () => replaceBackupKeys(place, { store, storeId }, randomBytes);
  const progress = { backup, done: 0, total: 0, copied: 0, same: 0, bytes: 0, held: 0 };
  const problems = new Map<string, StoreProblem>();
  const at = (step: BackupProgress['step']): BackupProgress => ({
    step,
    ...progress,
    problems: [...problems.values()],
  });

  if (only === 'keys') {
    await replaceKeys();
    yield at('keys');
    return;
  }

  const pieces = createPieceWriter(place, backup);
  const present = await piecesIn(place);
  const throttle = createThrottle({ rate, signal });
  let drafts = 0;
  let draft: string | undefined;

  /** What is noted now: a head but for its end. */
  const headOf = (segments: readonly Segment[], ended: number | null, lastRemovedToken = 0): BackupHead => ({
    store: storeId,
    begun: Math.floor(now),
    ended,
    images: sumOf(segments, ({ images }) => images),
    bytes: sumOf(segments, ({ bytes }) => bytes),
    lastRemovedToken,
    segments,
    ...packsOf(segments, pieces.packs(), bases.packs),
    problems: [...problems.values()],
  });

  async function writeDraft(segments: readonly Segment[]): Promise<void> {
    await pieces.flush();
    drafts += 1;
    const name = `${backup}-${String(drafts).padStart(6, '0')}`;
    const next = await writeHead(place, 'drafts', name, headOf(segments, null));
    if (draft !== undefined) await place.remove(draft);
    draft = next;
  }

  /** Walks through all images that may have changed. @returns the keys of folders that are in use, too */
  async function* walk(source: LiveSource, known: BaseBackups): AsyncGenerator<BackupProgress, Walked> {
    const rows = createSegmentWriter(place);
    const named = new Set<string>();
    const read = createImageReader({ source, ready: keys.ready, bases: known, present, throttle, problems });
    Object.assign(progress, { done: 0, total: await source.count(), same: 0, held: 0 });
    let noted = { bytes: pieces.written(), images: 0 };

    async function add({ id, token, parts }: ReadImage): Promise<void> {
      const placed: BackupPart[] = [];
      for (const { part, base, ciphertext, digest } of parts) {
        const { piece, at } = base ?? (await pieces.add(ciphertext));
        const { variant, size, sealedKey, iv, tag } = part;
        placed.push({ variant, size, sealedKey, iv, tag, digest, piece, at });
        progress.held += size;
        if (!base) progress.bytes += size;
        if (part.folderKey) named.add(nameOf(part.folderKey));
      }
      if (parts.every(({ base }) => base)) progress.same += 1;
      else progress.copied += 1;
      progress.done += 1;
      await rows.add({ id, token, parts: placed });
    }

    async function* walkThrough(range: IdRange): AsyncGenerator<BackupProgress> {
      let last = range.after;
      for await (const batch of source.batches(range)) {
        for (const group of groupsOf(batch)) {
          signal?.throwIfAborted();
          await nextTurn(); // a store that answers at once would leave nobody else a turn
          for (const image of await Promise.all(group.map(read))) if (image) await add(image);
          last = group.at(-1)?.id ?? last;
          yield at('images');
        }
        const isLong = pieces.written() - noted.bytes > draftBytes || progress.copied - noted.images > draftImages;
        if (!isLong) continue;
        await writeDraft(rows.segments());
        noted = { bytes: pieces.written(), images: progress.copied };
      }
      await rows.end(range.upTo ?? last);
    }

    const onKey = (key: FolderKey) => void named.add(nameOf(key));
    let after = '';
    for (const segment of await findUnchanged({ store, place, bases: known, present, signal, onKey })) {
      if (after < segment.after) yield* walkThrough({ after, upTo: segment.after });
      rows.reuse(segment);
      after = segment.last;
      progress.done += segment.images;
      progress.same += segment.images;
      progress.held += segment.bytes;
    }
    yield* walkThrough({ after });
    await pieces.flush();
    return { segments: rows.segments(), named };
  }

  for (let pass = 1, known = bases; ; pass += 1) {
    const ring = await keys.ring();
    // It follows an exchange of the keys, since every pass ends with the keys of then.
    const opened = { ...createOpenedKeys(ring.set, randomBytes), unseal: keys.unseal };
    const { segments, named } = yield* walk(createLiveSource({ store, storeId, keys: opened }), known);
    yield at('keys');
    const kept = await replaceKeys();
    const isExchanged = (await keys.ring()).set.storeKeys[0]?.id !== ring.set.storeKeys[0]?.id;
    if (!isExchanged && (ring.set.storeKeys.length === 1 || opensAll(named, kept.folderKeys))) {
      await requireAll(place, segments);
      const ended = Math.floor(keys.begin().now);
      await writeHead(place, 'runs', backup, headOf(segments, ended, await store.lastRemovedToken()));
      for (const older of await place.list('drafts')) if (older.number <= number) await place.remove(older.blob);
      yield at('done');
      return;
    }
    // The master key is exchanged after a leak: what the rows name may be gone, and sealed anew in the store.
    if (pass === mostPasses) throw exchangedAlways();
    await writeDraft(segments);
    known = (await openBases(place, storeId)).bases;
  }
}

interface Walked {
  segments: readonly Segment[];
  /** Folder keys. */
  named: ReadonlySet<string>;
}

const nameOf = ({ folder, generation }: FolderKey) => `${folder}:${generation}`;

function opensAll(named: ReadonlySet<string>, folderKeys: readonly FolderKey[]): boolean {
  const alive = new Set(folderKeys.map(nameOf));
  return [...named].every((name) => alive.has(name));
}

const sumOf = (segments: readonly Segment[], numberOf: (segment: Segment) => number): number =>
  segments.reduce((sum, segment) => sum + numberOf(segment), 0);

/** Images that are read at once. */
function groupsOf(batch: readonly CopiedImage[]): CopiedImage[][] {
  const groups: CopiedImage[][] = [];
  let bytes = 0;
  for (const image of batch) {
    const group = groups.at(-1);
    const size = image.parts.reduce((sum, part) => sum + part.size, 0);
    if (!group || group.length === imagesAtOnce || bytes + size > bytesAtOnce) {
      groups.push([image]);
      bytes = size;
    } else {
      group.push(image);
      bytes += size;
    }
  }
  return groups;
}

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
  return {
    packs,
    sparse: [...packs].filter(([piece, length]) => (live.get(piece) ?? 0) * 2 < length).map(([piece]) => piece),
  };
}

/** Somebody may have pruned the place meanwhile. @throws PixstoreError `BACKUP_FAILED` */
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

function exchangedAlways(): PixstoreError {
  return new PixstoreError(
    'BACKUP_FAILED',
    'The master key is being exchanged after a leak, and the backup does not catch up with it. Begin again once that is done; what was copied stays.',
  );
}
