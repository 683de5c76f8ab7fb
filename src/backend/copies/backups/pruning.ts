import { isToken } from '../../../shared/protocol/image-id.js';
import type { StoreProblem } from '../../../stores/port.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';
import { invalid } from '../options.js';
import { type BackupHead, readHead } from './head.js';
import { createPieceSet, pieceOf } from './pieces.js';
import { type BackupPlace, numberOf, openPlace, type PlacedText } from './place.js';

/** A backup that is whole. */
export interface BackupInfo {
  /** Those of later ones are greater. */
  name: string;
  /** ms since 1970. */
  begun: number;
  ended: number;
  images: number;
  /** Bytes of ciphertext that it holds; most of them it may share with others. */
  bytes: number;
  /** What was damaged or missing in the store, and is not in it. */
  problems: readonly StoreProblem[];
}

/** The backups of a place, the latest last. @throws PixstoreError `BACKUP_DAMAGED`, `BACKUP_FAILED` */
export async function listBackups(blobs: BlobStore): Promise<BackupInfo[]> {
  const place = openPlace(blobs);
  const runs = await place.list('runs');
  return Promise.all(runs.map(async (placed) => infoOf(placed, await readHead(place, placed))));
}

function infoOf({ name }: PlacedText, { begun, ended, images, bytes, problems }: BackupHead): BackupInfo {
  return { name, begun, ended: ended ?? begun, images, bytes, problems };
}

/** What was removed. */
export interface PrunedBackups {
  /** Names of backups. */
  removed: string[];
  /** Blobs that no backup needs any more. */
  pieces: number;
}

/** @throws PixstoreError `CONFIG_INVALID`, `BACKUP_DAMAGED`, `BACKUP_FAILED` */
export async function prune(blobs: BlobStore, keep: unknown): Promise<PrunedBackups> {
  if (!isToken(keep) || keep === 0) throw invalid('pruneBackups', 'keep', 'must be a whole number from 1 on');
  const place = openPlace(blobs);
  const runs = await place.list('runs');
  const latest = runs.at(-1);
  if (!latest) return { removed: [], pieces: 0 };
  const kept = [...runs.slice(-keep), ...(await place.list('drafts'))];
  const needed = await neededBy(place, kept);
  const old = runs.slice(0, -keep);
  // Heads first: one that is there is whole.
  for (const { blob } of old) await place.remove(blob);
  let pieces = 0;
  for (const prefix of ['rows/', 'data/']) {
    for await (const blob of place.names(prefix)) {
      if (!isLeft(place, blob, needed, latest.number)) continue;
      await place.remove(blob);
      pieces += 1;
    }
  }
  return { removed: old.map(({ name }) => name), pieces };
}

type Needed = Awaited<ReturnType<typeof neededBy>>;

async function neededBy(place: BackupPlace, kept: readonly PlacedText[]) {
  const [rows, pieces] = [new Set<string>(), createPieceSet()];
  for (const placed of kept) {
    for (const { name, uses } of (await readHead(place, placed)).segments) {
      rows.add(name);
      for (const piece of uses.keys()) pieces.add(piece);
    }
  }
  return { rows, pieces };
}

/** A backup that is being made has a number above that of the latest whole one: what it writes stays. */
function isLeft(place: BackupPlace, blob: string, { rows, pieces }: Needed, latest: number): boolean {
  const name = place.rowsOf(blob);
  if (name !== undefined) return !rows.has(name);
  const piece = pieceOf(blob);
  return piece !== undefined && numberOf(piece) <= latest && !pieces.has(piece);
}
