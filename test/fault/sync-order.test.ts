import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ensureStrace } from '../../scripts/ensure-strace.mjs';
import { quickFolder } from './support/quick-folder.js';
import { type SystemCall, traceNode } from './support/trace.js';

const program = fileURLToPath(new URL('programs/four-changes.mjs', import.meta.url));

/** The program's system calls on files, up to and since what it says. */
async function traceChanges() {
  const folder = await quickFolder();
  const calls = await traceNode(
    ['mkdir', 'fsync', 'fdatasync', 'rename', 'unlink', 'write', 'pwrite64'],
    [program, join(folder, 'deep', 'deeper')],
  );
  const said = (words: string): SystemCall => {
    const call = calls.find(({ name, text }) => name === 'write' && text === `${words}\\n`);
    expect(call, words).toBeDefined();
    return call as SystemCall;
  };
  const log = join(folder, 'deep', 'deeper', 'images.sqlite-wal');
  const isSync = ({ name }: SystemCall) => name === 'fsync' || name === 'fdatasync';
  return {
    folder,
    calls,
    said,
    /** Writes to the write-ahead log. */
    logged: calls.filter(({ name, paths }) => name === 'pwrite64' && paths[0] === log),
    /** Was all of the log synced, after this and before that? */
    logSynced: (after: SystemCall, before: SystemCall) => synced(log, after, before),
    synced,
  };

  function synced(path: string, after: SystemCall, before: SystemCall): boolean {
    return calls.some(
      (call) => isSync(call) && call.paths[0] === path && call.start >= after.end && call.end <= before.start,
    );
  }
}

const isTraceable = await ensureStrace();

describe.skipIf(!isTraceable)('the built library, on its thread that writes', () => {
  test('syncs each thing before the next one depends on it, and all before it says that it is done', async () => {
    const { folder, calls, said, logged, logSynced, synced } = await traceChanges();
    const between = (first: SystemCall | undefined, last: SystemCall) => (call: SystemCall) =>
      call.start >= (first?.end ?? 0) && call.start < last.start;
    const isBlob = (path: string) => /\/[0-9a-f]{16}\/[0-9a-f]{32}$/.test(path);
    const done = [said('saved small'), said('saved large'), said('updated large'), said('deleted large')];

    for (const [index, end] of done.entries()) {
      const isNow = between(done[index - 1], end);
      // A session is noted before its folder is made, and what is written in it comes after.
      const begun = calls.filter((call) => call.name === 'mkdir' && isNow(call)).at(-1);
      const commit = logged.filter(between(begun ?? done[index - 1], end));
      const [first, last] = [commit[0], commit.at(-1)] as [SystemCall, SystemCall];
      expect(logSynced(last, end)).toBe(true);
      for (const call of calls.filter(isNow)) {
        const [from = '', to = ''] = call.paths;
        if (call.name === 'rename' && isBlob(to)) {
          expect(synced(from, calls[0] as SystemCall, call), 'the file, before it gets its name').toBe(true);
          expect(synced(dirname(to), call, first), 'the name, before the row').toBe(true);
        }
        if (call.name === 'unlink' && from.includes('/images/')) {
          expect(logSynced(last, call), 'the row, before the old file goes').toBe(true);
        }
        if (call.name === 'mkdir' && from.startsWith(folder)) {
          expect(synced(dirname(from), call, end), 'a new folder').toBe(true);
        }
      }
    }
    const mark = calls.find(({ name, paths }) => name === 'rename' && paths[1]?.endsWith('/mark.json')) as SystemCall;
    expect(synced(mark.paths[0] as string, calls[0] as SystemCall, mark), 'the mark, before it gets its name').toBe(
      true,
    );
    expect(synced(dirname(mark.paths[1] as string), mark, done[0] as SystemCall), 'its name').toBe(true);
    const blobs = (name: string) => calls.filter((call) => call.name === name && isBlob(call.paths.at(-1) ?? ''));
    expect({ renames: blobs('rename').length, unlinks: blobs('unlink').length }).toEqual({ renames: 2, unlinks: 2 });
    const made = calls.filter(({ name, paths }) => name === 'mkdir' && paths[0]?.startsWith(folder));
    expect(made).toHaveLength(5); // two above the store, that of all images, of the store, of a session
  });
});
