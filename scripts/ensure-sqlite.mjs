import { nodeMajor, run, runAsProgram } from './run.mjs';

/**
 * Sees to it that SQLite works on this Node. From Node 24 on it is built in; before, better-sqlite3 is needed, whose
 * native part npm does not build here, because .npmrc keeps installed packages from running scripts. Takes a tenth of
 * a second when all is well.
 *
 * @returns {Promise<void>}
 * @throws {Error} saying what is missing, when it can be neither downloaded nor compiled
 */
export async function ensureSqlite() {
  if (nodeMajor >= 24 || (await loads())) return;
  console.log('Making better-sqlite3 ready for this Node (downloads it, or compiles for about a minute) ...');
  const rebuild = ['rebuild', 'better-sqlite3', '--ignore-scripts=false'];
  const { ok, output } = await run('npm', rebuild, { seconds: 600, env: { JOBS: 'max' } });
  if (ok && (await loads())) return;
  if (output) console.error(output.split('\n').slice(-30).join('\n'));
  throw new Error(
    'better-sqlite3 could be neither downloaded nor compiled: install a C++ compiler, make and python3 ' +
      '(on Debian: apt-get install -y build-essential python3) and try again, or use Node 24, which needs none of it.',
  );
}

// In a process of its own: a native part that was built for another Node can take the process down with it.
async function loads() {
  const { ok } = await run(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:').close()"]);
  return ok;
}

await runAsProgram(import.meta.url, ensureSqlite);
