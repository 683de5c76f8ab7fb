import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Sees to it that this Node has SQLite, and builds the library: a benchmark of an old build would be worse than none. */
export function buildProject() {
  run(process.execPath, 'scripts/ensure-sqlite.mjs');
  run('npm', 'run', '--silent', 'build');
}

/** The commit that is measured, with a `+` when files differ from it. */
export function commit() {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim();
  const changed = git('status', '--porcelain', '--', 'src', 'bench', 'package-lock.json', ':!bench/results');
  return `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed ? '+' : ''}`;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`"${args.join(' ')}" failed. Was "npm ci" run in the project?`);
}
