import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ensureStrace } from '../../scripts/ensure-strace.mjs';
import { quickFolder } from './support/quick-folder.js';
import { type SystemCall, traceNode } from './support/trace.js';

const program = fileURLToPath(new URL('programs/file-blobs.mjs', import.meta.url));
const isTraceable = await ensureStrace();

test.skipIf(!isTraceable)(
  'fileBlobs has a blob, its name and all its folders on the disk before it says so',
  async () => {
    const folder = await quickFolder();
    const root = join(folder, 'deep', 'blobs');
    const calls = await traceNode(['mkdir', 'fsync', 'fdatasync', 'rename', 'write'], [program, root]);
    const synced = (path: string, after: SystemCall, before: SystemCall) =>
      calls.some(
        ({ name, paths, start, end }) =>
          /sync/.test(name) && paths[0] === path && start >= after.end && end <= before.start,
      );
    const said = calls.filter(({ name, text }) => name === 'write' && text.startsWith('kept '));
    const moves = calls.filter(({ name, paths }) => name === 'rename' && paths[1]?.startsWith(root));
    expect([said.length, moves.length]).toEqual([2, 2]);
    for (const [index, move] of moves.entries()) {
      const [from, to] = move.paths as [string, string];
      expect(synced(from, calls[0] as SystemCall, move), 'the file, before it gets its name').toBe(true);
      expect(synced(dirname(to), move, said[index] as SystemCall), 'its name').toBe(true);
    }
    const made = calls.filter(({ name, paths }) => name === 'mkdir' && paths[0]?.startsWith(folder));
    expect(made.map(({ paths }) => paths[0])).toEqual(
      expect.arrayContaining([root, join(root, 'store'), join(root, 'store/session')]),
    );
    for (const call of made) {
      expect(synced(dirname(call.paths[0] as string), call, said[0] as SystemCall), `the folder ${call.paths[0]}`).toBe(
        true,
      );
    }
  },
);
