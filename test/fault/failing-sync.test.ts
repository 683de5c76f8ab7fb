import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ensureStrace } from '../../scripts/ensure-strace.mjs';
import { examine } from './kill/examine.mjs';
import { failSyncsOf } from './kill/tracer.mjs';
import { createLedger } from './support/ledger.mjs';
import { startNode } from './support/program.mjs';
import { quickFolder } from './support/quick-folder.js';

const program = fileURLToPath(new URL('programs/failing-sync.mjs', import.meta.url));

// SQLite has written the commit when its sync fails. The caller is told that the change failed, and nobody sees it; but
// after a crash SQLite finds it in the log and takes it for good. Its file must be there then.
test('an update whose commit could not be synced is whole when it comes back after a crash', async ({ skip }) => {
  if (!(await ensureStrace())) skip('system calls cannot be made to fail here');
  const folder = await quickFolder();
  const ledger = createLedger();
  const { pid, lines, send, kill, ended } = startNode([program, folder]);
  for await (const line of lines) {
    const [word, first = '', second = ''] = line.split(' ');
    if (word === 'told') expect(first).toBe('STORAGE_FAILED');
    if (word !== 'saved') continue;
    ledger.try('one', first);
    ledger.acknowledge('one');
    if (!(await failSyncsOf(pid, join(folder, 'images.sqlite-wal')))) {
      kill();
      skip('this system does not let strace trace');
    }
    ledger.try('one', second);
    send('go');
  }
  expect(await ended).toMatchObject({ signal: 'SIGKILL' });
  // Two files are left over, of image and variant: of the version which did not come back, or of the one it replaced.
  expect(await examine(folder, ledger)).toEqual({ damages: [], leftovers: 2 });
});
