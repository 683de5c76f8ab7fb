import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';

/**
 * A folder for everything a bench writes, on a real disk; it is gone when the process ends, however it ends short of
 * SIGKILL. `BENCH_DIR` says where (the system's folder for temporary files).
 *
 * @returns {string}
 * @throws {Error} when it would be in memory, where a sync costs nothing
 */
export function makePlace() {
  const parent = process.env.BENCH_DIR ?? os.tmpdir();
  const type = fileSystemOf(parent);
  if (['tmpfs', 'ramfs', 'devtmpfs'].includes(type)) {
    throw new Error(`${parent} is in memory (${type}), not on a disk. Set BENCH_DIR to a folder on a real disk.`);
  }
  const place = mkdtempSync(join(parent, 'pixstore-bench-'));
  process.on('exit', () => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
  return place;
}

/** What figures depend on. @param {string} place */
export function describeMachine(place) {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    fileSystem: fileSystemOf(place),
    system: os.type(),
    node: process.version,
  };
}

/** @param {string} path */
function fileSystemOf(path) {
  const { stdout } = spawnSync('df', ['--output=fstype', path], { encoding: 'utf8' });
  return stdout?.trim().split('\n').at(-1) ?? 'unknown';
}
