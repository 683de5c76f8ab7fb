import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ensureStrace } from '../../scripts/ensure-strace.mjs';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { quickFolder } from './support/quick-folder.js';

const program = fileURLToPath(new URL('programs/two-images.mjs', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const canTrace = await ensureStrace();

/** Runs the program on a file system where system calls fail. */
function runWith(folder: string, inject: string, paths: string[] = []) {
  const only = paths.flatMap((path) => ['-P', path]);
  const calls = inject.split(':')[0];
  const traced = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${inject}`, ...only];
  return spawnSync('strace', [...traced, process.execPath, program, folder], { cwd: root, encoding: 'utf8' });
}

describe.skipIf(!canTrace)('on a file system', () => {
  test.each(['EINVAL', 'EOPNOTSUPP'])(
    'that cannot sync folders (%s), images are saved and found again',
    async (error) => {
      const folder = await quickFolder();
      const data = join(folder, 'new', 'data');
      const { stdout, stderr } = runWith(folder, `fsync:error=${error}`, [
        folder,
        join(folder, 'new'),
        data,
        join(data, 'images'),
      ]);
      expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining('whole') });
    },
  );

  test('where a folder cannot be synced since the disk fails, a save fails', async () => {
    const folder = await quickFolder();
    const { stdout, stderr } = runWith(folder, 'fsync:error=EIO', [folder]);
    expect(stdout).toBe('');
    expect(stderr).toContain('STORAGE_FAILED');
  });

  test.each(['EPERM', 'EOPNOTSUPP'])(
    'without hard links (%s), a key file is made that only its owner reads',
    async (error) => {
      const folder = await quickFolder();
      const { stdout, stderr } = runWith(folder, `link,linkat:error=${error}`);
      expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining('whole') });
      const data = join(folder, 'new', 'data');
      const [keyFile = ''] = readdirSync(data).filter((name) => name.includes('key'));
      expect(statSync(join(data, keyFile)).mode & 0o777).toBe(0o600);
      expect(readdirSync(data).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );

  test('where no key file can be made, the reason is named', async () => {
    const folder = await quickFolder();
    const { stderr } = runWith(folder, 'link,linkat:error=EROFS');
    expect(stderr).toContain('STORAGE_FAILED');
    expect(stderr).toContain('EROFS');
    expect(stderr.split('\n').find((line) => line.startsWith('PixstoreError'))).not.toContain(folder);
  });
});

describe('what is no path', () => {
  test.each([':memory:', 'file:images.sqlite', 'file:///data/images.sqlite', 'FILE:images.sqlite?mode=ro'])(
    '%s is refused, and nothing is made of it',
    async (path) => {
      const folder = await quickFolder();
      mkdirSync(join(folder, 'empty'));
      const before = process.cwd();
      process.chdir(join(folder, 'empty'));
      try {
        const open = (options: object) => () => openLocalStore({ databasePath: 'a', imageRootDir: 'b', ...options });
        for (const option of ['databasePath', 'imageRootDir']) {
          expect(open({ [option]: path })).toThrow(
            expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(option) }),
          );
        }
        expect(readdirSync('.')).toEqual([]);
      } finally {
        process.chdir(before);
      }
    },
  );
});
