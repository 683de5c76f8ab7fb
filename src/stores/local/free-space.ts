import { stat, statfs } from 'node:fs/promises';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** When little room is left: less than so many bytes, and less than so many percent of the disk. */
export interface LowDisk {
  bytes: number;
  percent: number;
}

/** 1 GiB, and a tenth: a small disk that is nearly empty is well, and so is a large one with gigabytes. */
export const defaultLowDisk: LowDisk = { bytes: 2 ** 30, percent: 10 };

/** A folder that is written to, and what it is called in messages. */
interface Place {
  folder: string;
  name: string;
}

/** What has little room left, a sentence for each disk. Of a folder that does not answer, nothing is said here. */
export async function lowDisks(places: readonly Place[], low: LowDisk = defaultLowDisk): Promise<string[]> {
  const found = new Map<number, string>();
  for (const { folder, name } of places) {
    const disk = await diskOf(folder);
    if (disk && isLow(disk, low) && !found.has(disk.device)) found.set(disk.device, sentence(name, disk));
  }
  return [...found.values()];
}

interface Disk {
  device: number;
  free: number;
  size: number;
}

async function diskOf(folder: string): Promise<Disk | null> {
  try {
    const [{ bavail, blocks, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
    return { device: dev, free: bavail * bsize, size: blocks * bsize };
  } catch {
    return null;
  }
}

function isLow({ free, size }: Disk, { bytes, percent }: LowDisk): boolean {
  return size > 0 && free < bytes && free < (size * percent) / 100;
}

const megabytes = (bytes: number) => `${Math.floor(bytes / 1e6).toLocaleString('en-US')} MB`;

function sentence(name: string, { free, size }: Disk): string {
  return `The disk of ${name} has ${megabytes(free)} left of ${megabytes(size)}: free some space, or give it more, before nothing can be saved any more.`;
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function requireLowDisk(given: unknown): LowDisk {
  const {
    bytes = defaultLowDisk.bytes,
    percent = defaultLowDisk.percent,
    ...others
  } = (given ?? {}) as Partial<LowDisk>;
  const isGood = Number.isSafeInteger(bytes) && bytes >= 0 && percent >= 0 && percent <= 100;
  if (isGood && Object.keys(others).length === 0) return { bytes, percent };
  throw new PixstoreError(
    'CONFIG_INVALID',
    'The option "lowDisk" must be { bytes?, percent? }: a whole number, and a number from 0 to 100.',
  );
}
