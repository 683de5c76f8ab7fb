import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

// Where there is a disk in memory, a thousand synced commits take no time.
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new folder that need not survive a power cut, and is gone when the test ends. */
export async function quickFolder(): Promise<string> {
  const folder = await mkdtemp(join(parent, 'pixstore-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
