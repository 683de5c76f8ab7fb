import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  // What a test has left to be closed may still write there.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Copies a database that is in use, with what is in its log, as whoever has the files can. @returns the copy's path */
export function copyWithLog(database: string, target: string): string {
  for (const end of ['', '-wal']) if (existsSync(database + end)) copyFileSync(database + end, target + end);
  return target;
}

/** All that lies in a folder at this moment, the log of the database and half-written files among it. */
export function copyOf(folder: string): Buffer {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(
    entries.map((entry) => {
      try {
        return readFileSync(join(entry.parentPath, entry.name));
      } catch (error) {
        // It was removed while we looked.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
        throw error;
      }
    }),
  );
}
