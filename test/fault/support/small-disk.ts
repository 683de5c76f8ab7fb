import { execFile } from 'node:child_process';
import nodeFs, { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { findDriver } from '../../../src/stores/local/driver.js';
import type { LocalStoreOptions } from '../../../src/stores/local/local-store.js';
import { intercept } from './intercept.js';
import { quickFolder } from './quick-folder.js';

const execute = promisify(execFile);

/** A disk with room for few images. */
export interface SmallDisk {
  folder: string;
  /** Is it a disk, or does the store only get to hear that it is full? */
  real: boolean;
  /** What a store on this disk is to be opened with. */
  options: Pick<LocalStoreOptions, 'driver' | 'fileSystem'>;
  /** Takes all room that is left, but for so many pages. Without `real`, always all of it. */
  fill(pagesLeft?: number): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
}

/** A small disk in memory, mounted for this test; a pretended one where mounting is not allowed. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const folder = await quickFolder();
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder]);
  } catch {
    return pretendedDisk(folder);
  }
  onTestFinished(async () => {
    await execute('umount', ['--lazy', folder]); // a test that failed has it in use still
  });
  const filler = join(folder, 'filler');
  return {
    folder,
    real: true,
    options: {},
    async fill(pagesLeft = 0) {
      await rm(filler, { force: true });
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler, Buffer.alloc((bavail - pagesLeft) * bsize));
    },
    free: () => rm(filler, { force: true }),
  };
}

function pretendedDisk(folder: string): SmallDisk {
  const open = findDriver();
  const databases: ReturnType<typeof open>[] = [];
  let full = false;
  const room = () => {
    if (full) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  const limitPages = (pages: number) => {
    for (const database of databases) database.exec(`PRAGMA max_page_count = ${pages}`);
  };
  return {
    folder,
    real: false,
    options: {
      driver(path) {
        const database = open(path);
        databases.push(database);
        return database;
      },
      fileSystem: intercept<typeof nodeFs>(nodeFs, (name, work) => {
        if (name === 'open') room();
        return work();
      }),
    },
    async fill() {
      full = true;
      limitPages(1); // SQLite takes it for the pages that there are
    },
    async free() {
      full = false;
      limitPages(1_000_000);
    },
  };
}
