import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** May this user mount a disk in memory? Mostly only root may, and not in every container. */
export const canMount = tryToMount();

/** Mounts a disk in memory until the test ends. */
export function mountDisk(path: string, options = 'size=10m'): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', path]);
  onTestFinished(() => void spawnSync('umount', ['-l', path]));
}

function tryToMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'pixstore-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', path]);
  if (status === 0) spawnSync('umount', ['-l', path]);
  rmdirSync(path);
  return status === 0;
}
