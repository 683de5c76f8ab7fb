import type { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { joinId } from '../../../shared/protocol/image-id.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';
import { createThrottle } from '../../images/rate.js';
import type { CopiedImage } from '../copied-image.js';
import { invalid, readWorkOptions, type WorkOptions } from '../options.js';
import { isDamage, requireSound } from '../sound-part.js';
import { openBackup } from './backup-reader.js';
import { type BackupUnlocking, openBackupKeys } from './backup-source.js';
import { backupNamed, definedOf } from './options.js';

export interface VerifyOptions extends WorkOptions {
  /** The name of a backup. Default: the latest one. */
  backup?: string;
  /** Which part of all images is read, from 0 to 1, at random. Default: 1, all. */
  sample?: number;
}

/** How far a look at a backup has come. */
export interface VerifyProgress {
  /** The backup's name. */
  backup: string;
  /** Images that it has come by, and how many there are. */
  done: number;
  total: number;
  /** Images that were decrypted whole; those that were left out of a sample; those whose keys were destroyed. */
  sound: number;
  skipped: number;
  erased: number;
  /** Bytes of ciphertext that were decrypted. */
  bytes: number;
  /** Parts of images that do not open, by their joined ids, and pieces that cannot be read. */
  damaged: readonly { subject: string; error: PixstoreError }[];
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readVerifyOptions(given: unknown): VerifyOptions {
  const { backup, sample, ...options } = readWorkOptions(given, ['backup', 'sample'], 'verifyBackup');
  if (sample !== undefined && !(typeof sample === 'number' && sample > 0 && sample <= 1)) {
    throw invalid('verifyBackup', 'sample', 'must be a number above 0, at most 1');
  }
  return { ...definedOf(options), ...backupNamed(backup, 'verifyBackup'), ...(sample !== undefined && { sample }) };
}

/** Reads a backup, and decrypts every image of it. */
export async function* verifyBackup(
  blobs: BlobStore,
  unlocking: BackupUnlocking,
  { backup, sample = 1, signal, rate = {} }: VerifyOptions,
): AsyncGenerator<VerifyProgress, void, void> {
  const reader = await openBackup({ blobs, backup });
  const keys = await openBackupKeys(reader.keys, unlocking);
  const throttle = createThrottle({ rate, signal });
  const damaged: { subject: string; error: PixstoreError }[] = [];
  const progress = { backup: reader.name, done: 0, total: reader.head.images };
  const counts = { sound: 0, skipped: 0, erased: 0, bytes: 0 };

  async function verify({ id, parts }: CopiedImage): Promise<void> {
    let isSound = true;
    for (const part of parts) {
      await throttle(1, part.size);
      try {
        await requireSound(part, (await part.read()) as Uint8Array, keys);
        counts.bytes += part.size;
      } catch (error) {
        if (!isDamage(error)) throw error;
        damaged.push({ subject: joinId(id, part.variant), error });
        isSound = false;
      }
    }
    if (isSound) counts.sound += 1;
  }

  const state = (): VerifyProgress => ({ ...progress, ...counts, damaged: [...damaged] });

  for await (const { images, erased } of reader.batches((piece) => damaged.push(piece))) {
    signal?.throwIfAborted();
    const chosen = sample === 1 ? images : images.filter(() => Math.random() < sample);
    counts.skipped += images.length - chosen.length;
    counts.erased += erased;
    // One after the other: it shares a processor with others, and reads each piece once.
    for (const image of chosen) await verify(image);
    progress.done += images.length + erased;
    yield state();
  }
  yield state();
}
