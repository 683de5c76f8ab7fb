import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { inOrder } from '../../shared/in-order.js';
import { formatFromByte, imageFormats, mimeTypeOf } from '../../shared/protocol/formats.js';
import type { ImageStore } from '../../stores/port.js';
import { decryptBytes } from '../images/decryption.js';
import { encryptImage, type RandomBytes } from '../images/encryption.js';
import { inspectImage } from '../images/inspect.js';
import type { NewPart } from '../images/new-parts.js';
import type { SealParts } from '../images/part-sealer.js';
import type { QuotaOf } from '../images/quotas.js';
import type { Reading } from '../images/reading.js';
import { tokenAfter } from '../images/tokens.js';
import { readSignal } from '../read-signal.js';
import { isOfOneImage } from './of-one-image.js';
import { nameOfRow, type OldImage, readOldRow } from './old-row.js';
import type { OldRow, OldStore } from './old-store.js';
import { isPath } from './paths.js';

/** What is migrated, and how. */
export interface MigrationOptions {
  /** Path of the SQLite file of pixstore 3.x, its `databasePath`. */
  database: string;
  /** Path of its folder, its `imageRootDir`. */
  imageDir: string;
  /**
   * Images keep their tokens. One whose token is too low, since an image with a higher one was removed from this store,
   * is not taken: it may be the very one that was removed. True takes it with a new token. Default: false.
   */
  newTokens?: boolean;
  /** Stops it, between two images; the next call goes on. */
  signal?: AbortSignal;
}

/** What became of an image. */
export interface MigratedImage {
  /** As the old store calls it. Of a file that no row names: the name of the file, in the old folder. */
  id: string;
  /**
   * `migrated`: it is here now. `present`: it was here already. `failed`: it is not taken, for the reason that `error`
   * says, and stays where it is.
   */
  outcome: 'migrated' | 'present' | 'failed';
  /** Of what failed: why. Of what was migrated: what is odd about it; it is kept all the same. */
  error?: PixstoreError;
  /** How many rows this was, since it began. */
  done: number;
  /** How many rows the old store has. */
  total: number;
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readMigrationOptions(given: MigrationOptions): MigrationOptions {
  const options = readCallOptions(given, ['database', 'imageDir', 'newTokens', 'signal'], 'migrateFromV3');
  const { database, imageDir, newTokens = false } = options;
  const signal = readSignal(options.signal, 'migrateFromV3');
  if (isPath(database) && isPath(imageDir) && typeof newTokens === 'boolean') {
    return { database, imageDir, newTokens, ...(signal && { signal }) };
  }
  throw new PixstoreError(
    'CONFIG_INVALID',
    'The options of migrateFromV3 are { database, imageDir, newTokens?, signal? }: the paths of the database and of the folder that pixstore 3.x made, and true to give new tokens where old ones cannot be kept.',
  );
}

export interface MigratingOptions {
  store: ImageStore;
  reading: Reading;
  sealParts: SealParts;
  quotaOf: QuotaOf;
  now(): number;
  randomBytes: RandomBytes;
  /** Keeps what is in memory at once in bounds. */
  admit<Result>(size: number, work: () => Promise<Result>): Promise<Result>;
}

type Outcome = Pick<MigratedImage, 'outcome' | 'error'>;

/** A picture of the old store, and the part that it becomes. */
interface OldPicture {
  bytes: Uint8Array;
  part: NewPart;
  /** What is odd about it. */
  oddity?: PixstoreError;
}

const atOnce = 16;

// The application may write to the old store meanwhile, or to this one.
const mostTries = 100;

/**
 * Takes over what pixstore 3.x kept: id, token, key and ciphertext stay as they are, so that what browsers have in their
 * caches is good. Only the key is sealed. A ciphertext whose first byte names another format than the picture has is
 * encrypted anew: in 3.x that byte counts through the formats that the application listed.
 */
export function createMigrating(options: MigratingOptions) {
  const { store, reading, sealParts, quotaOf, now, randomBytes, admit } = options;

  async function readPicture(old: OldStore, { id, key }: OldImage): Promise<OldPicture> {
    const ciphertext = await old.ciphertext(id);
    if (!ciphertext) throw fileMissing();
    const { formatByte, bytes } = await decryptBytes({ ...key, ciphertext });
    const format = formatFromByte(formatByte);
    const { info, oddity } = describe(bytes);
    if (format && (!info || mimeTypeOf(info.format) === mimeTypeOf(format))) {
      const part = { ...key, ciphertext, variant: undefined, info: info && { ...info, format } };
      return { bytes, part, ...(oddity && { oddity }) };
    }
    if (!info) throw oddity;
    return { bytes, part: { ...(await encryptImage(info.format, bytes, randomBytes)), variant: undefined, info } };
  }

  /** It may have been written between row and file: then the row is another one by now. */
  async function readUnchanging(old: OldStore, row: OldRow): Promise<{ image: OldImage; picture: OldPicture }> {
    const image = readOldRow(row);
    try {
      return { image, picture: await readPicture(old, image) };
    } catch (error) {
      const latest = old.row(image.id);
      if (!latest || (latest.token === row.token && latest.meta === row.meta)) throw error;
      return readUnchanging(old, latest);
    }
  }

  async function isSamePicture(id: string, { bytes }: OldPicture): Promise<boolean> {
    const stored = await reading.read(id);
    return stored !== null && Buffer.compare(stored.bytes, bytes) === 0;
  }

  async function keep(image: OldImage, picture: OldPicture, newTokens: boolean): Promise<Outcome> {
    const { id } = image;
    let { token } = image;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const current = await store.record(id);
      if (current?.token === image.token || (current && (await isSamePicture(id, picture)))) {
        return { outcome: 'present' };
      }
      if (current) throw taken();
      const parts = await sealParts(id, token, [picture.part]);
      if (await store.put({ id, token, parts, quota: quotaOf(id) }, null)) {
        return { outcome: 'migrated', ...(picture.oddity && { error: picture.oddity }) };
      }
      const removed = await store.lastRemovedToken();
      if (removed < token) continue; // somebody else was first, or exchanged the key of the folder
      if (!newTokens) throw tokenTooLow();
      token = Math.max(Math.floor(now()), tokenAfter(removed));
    }
    throw new PixstoreError(
      'STORAGE_FAILED',
      'The store refused the image again and again. Migrate again when it is quiet.',
    );
  }

  async function migrateRow(old: OldStore, row: OldRow, newTokens: boolean): Promise<Outcome> {
    const given = readOldRow(row);
    // What a call before this one did costs no more than a look.
    if ((await store.record(given.id))?.token === given.token) return { outcome: 'present' };
    return admit((await old.size(given.id)) ?? 0, async () => {
      const { image, picture } = await readUnchanging(old, row);
      return keep(image, picture, newTokens);
    });
  }

  return {
    /** @throws PixstoreError what ends it as a whole: what the store throws */
    async *migrate(old: OldStore, { newTokens = false, signal }: MigrationOptions): AsyncGenerator<MigratedImage> {
      let done = 0;
      try {
        signal?.throwIfAborted();
        const rows = inOrder(old.rows(), atOnce, async (row): Promise<Omit<MigratedImage, 'done' | 'total'>> => {
          const id = nameOfRow(row);
          try {
            return { id, ...(await migrateRow(old, row, newTokens)) };
          } catch (error) {
            if (!isOfOneImage(error)) throw error;
            return { id, outcome: 'failed', error };
          }
        });
        for await (const image of rows) {
          done += 1;
          yield { ...image, done, total: old.count };
          signal?.throwIfAborted();
        }
        for await (const id of old.filesWithoutRow()) {
          yield { id, outcome: 'failed', error: rowMissing(), done, total: old.count };
          signal?.throwIfAborted();
        }
      } finally {
        await old.close();
      }
    },
  };
}

export type Migrating = ReturnType<typeof createMigrating>;

/** A picture that cannot be understood is kept as it is: the browsers that showed it may still do. */
function describe(bytes: Uint8Array): { info: NewPart['info']; oddity?: PixstoreError } {
  try {
    return { info: inspectImage(bytes, imageFormats) };
  } catch (error) {
    if (!(error instanceof PixstoreError)) throw error;
    return { info: null, oddity: error };
  }
}

function fileMissing(): PixstoreError {
  return new PixstoreError(
    'CIPHERTEXT_MISSING',
    'The old database has a row for this image, and the old folder no file. Look for the file in a backup, put it there, and migrate again.',
  );
}

function rowMissing(): PixstoreError {
  return new PixstoreError(
    'RECORD_MISSING',
    'The old folder has this file, and the old database no row with its key: without one it opens for nobody. Look for the row in a backup of the database.',
  );
}

function taken(): PixstoreError {
  return new PixstoreError(
    'IMAGE_ID_TAKEN',
    'There is another picture with this id here: it was updated since it was migrated, or saved by somebody else. It was left as it is; delete it first if the old one is to take its place.',
  );
}

function tokenTooLow(): PixstoreError {
  return new PixstoreError(
    'TOKEN_TOO_LOW',
    'An image with a higher token was removed from this store, and it may have been this one. If it was not, migrate with newTokens: the image gets a new token then.',
  );
}
