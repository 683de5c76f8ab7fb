import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { folderOf } from '../../../shared/protocol/image-id.js';
import { type FolderKey, generationOf } from '../../../stores/port.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';
import type { CopiedImage, CopiedPart } from '../copied-image.js';
import { isDamage } from '../sound-part.js';
import { type BackupKeys, readBackupKeys } from './backup-keys.js';
import { readHead } from './head.js';
import { createPieceReader } from './pieces.js';
import { type BackupPlace, damaged, digestOf, openPlace, type PlacedText } from './place.js';
import { type BackupPart, type BackupRow, readRows } from './rows.js';

// So many images are read in the order of their pieces, so that each piece is read once for all of them.
const windowLength = 16_384;

// So many are given at once.
const batchLength = 100;

export interface ReaderOptions {
  blobs: BlobStore;
  /** The name of a backup. Default: the latest one. */
  backup: string | undefined;
  /** Folders that were erased, beside those that the place knows of. */
  erased?: readonly string[];
}

/** An image of a backup, or rows that cannot be read. */
export interface DamagedPiece {
  /** Joined id, or the name of a blob. */
  subject: string;
  error: PixstoreError;
}

/**
 * Reads a backup of a place: images whose keys the place still has.
 *
 * @throws PixstoreError `BACKUP_MISSING`, `BACKUP_DAMAGED`
 */
export type BackupReader = Awaited<ReturnType<typeof openBackup>>;

export async function openBackup({ blobs, backup, erased = [] }: ReaderOptions) {
  const place = openPlace(blobs);
  const placed = await find(place, backup);
  const keys = await readBackupKeys(place);
  if (!keys) throw missing();
  const head = await readHead(place, placed);
  const folderKeys = usableKeys(keys, erased);
  const isErased = (folder: string) => keys.erased.has(folder) || erased.includes(folder);
  const read = createPieceReader(place, head.packs);

  /** What a part was sealed with; undefined when that was destroyed. */
  function folderKeyOf(id: string, { sealedKey }: BackupPart): FolderKey | null | undefined {
    const generation = generationOf(sealedKey);
    if (generation === null) return isErased(folderOf(id)) ? undefined : null;
    return folderKeys.get(folderOf(id))?.find((key) => key.generation === generation);
  }

  /** @throws PixstoreError `BACKUP_DAMAGED` */
  async function readPart(part: BackupPart): Promise<Uint8Array> {
    const ciphertext = await read(part);
    if (Buffer.compare(digestOf(ciphertext), part.digest) !== 0) throw damaged(`data/${part.piece}`);
    return ciphertext;
  }

  function toPart({ id, token }: BackupRow, part: BackupPart): CopiedPart[] {
    const folderKey = folderKeyOf(id, part);
    if (folderKey === undefined) return [];
    const { variant, size, sealedKey, iv, tag } = part;
    return [{ id, token, variant, size, sealedKey, iv, tag, folderKey, read: () => readPart(part) }];
  }

  /** @returns null when its keys were destroyed */
  function toImage(row: BackupRow): CopiedImage | null {
    const parts = row.parts.flatMap((part) => toPart(row, part));
    return parts[0] && parts[0].variant === undefined ? { id: row.id, token: row.token, parts } : null;
  }

  /** Rows, a blob at a time. @param onDamage - told of those that cannot be read; without it, that ends it */
  async function* rows(onDamage?: (piece: DamagedPiece) => void): AsyncGenerator<BackupRow[]> {
    for (const { name } of head.segments) {
      try {
        yield await readRows(place, name);
      } catch (error) {
        if (!onDamage || !isDamage(error)) throw error;
        onDamage({ subject: `rows/${name}`, error });
      }
    }
  }

  return {
    name: placed.name,
    keys,
    head,
    folderKeys,

    /** All images, in the order in which they lie there, within some thousand. */
    async *batches(onDamage?: (piece: DamagedPiece) => void): AsyncGenerator<BatchOfBackup> {
      let window: BackupRow[] = [];
      for await (const some of rows(onDamage)) {
        window.push(...some);
        if (window.length < windowLength) continue;
        yield* batchesOf(window, toImage);
        window = [];
      }
      yield* batchesOf(window, toImage);
    },

    /** All images whose rows can be read, in ascending order of their ids. */
    async *images(): AsyncGenerator<CopiedImage> {
      for await (const some of rows(() => {})) {
        for (const row of some) {
          const image = toImage(row);
          if (image) yield image;
        }
      }
    },
  };
}

/** Images, and how many there are whose keys were destroyed. */
export interface BatchOfBackup {
  images: CopiedImage[];
  erased: number;
}

function* batchesOf(
  window: readonly BackupRow[],
  toImage: (row: BackupRow) => CopiedImage | null,
): Generator<BatchOfBackup> {
  const sorted = window.toSorted((one, other) => comparePlaces(one.parts[0], other.parts[0]));
  for (let at = 0; at < sorted.length; at += batchLength) {
    const rows = sorted.slice(at, at + batchLength);
    const images = rows.map(toImage).filter((image) => image !== null);
    yield { images, erased: rows.length - images.length };
  }
}

function comparePlaces(one: BackupPart | undefined, other: BackupPart | undefined): number {
  if (!one || !other || one.piece === other.piece) return (one?.at ?? 0) - (other?.at ?? 0);
  return one.piece < other.piece ? -1 : 1;
}

/** By folder; of those that were erased none. */
function usableKeys({ folderKeys }: BackupKeys, erased: readonly string[]): Map<string, FolderKey[]> {
  const byFolder = new Map<string, FolderKey[]>();
  for (const key of folderKeys) {
    if (erased.includes(key.folder)) continue;
    const known = byFolder.get(key.folder);
    if (known) known.push(key);
    else byFolder.set(key.folder, [key]);
  }
  return byFolder;
}

async function find(place: BackupPlace, backup: string | undefined): Promise<PlacedText> {
  const runs = await place.list('runs');
  const found = backup === undefined ? runs.at(-1) : runs.find(({ name }) => name === backup);
  if (!found) throw backup === undefined ? missing() : notNamed();
  return found;
}

function missing(): PixstoreError {
  return new PixstoreError(
    'BACKUP_MISSING',
    'There is no whole backup in this place. See whether it is the right one, and whether a backup was brought to its end.',
  );
}

function notNamed(): PixstoreError {
  return new PixstoreError(
    'BACKUP_MISSING',
    'There is no backup of this name in this place. List those that are there.',
  );
}
