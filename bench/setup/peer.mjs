import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('..', import.meta.url));

/**
 * Installs the peer and its SQLite driver into bench/, and bundles the peer: as published, its `pixstore/backend` does
 * not resolve in Node.
 *
 * @throws {Error} saying what to do
 */
export async function ensurePeer() {
  if (!existsSync(new URL('../node_modules/pixstore-peer', import.meta.url))) {
    console.log('Installing the peer into bench/ ...');
    run('npm', ['ci']);
  }
  if (!driverLoads()) {
    console.log("Building the peer's better-sqlite3 for this Node (about a minute) ...");
    run('npm', ['rebuild', 'better-sqlite3', '--ignore-scripts=false']);
    if (!driverLoads()) {
      throw new Error("The peer's better-sqlite3 11 does not run on this Node. Use Node 20 or 22, or pass --no-peer.");
    }
  }
  const { build } = await import('esbuild');
  await build({
    stdin: { contents: "export * from 'pixstore-peer/backend/index.js';", resolveDir: bench },
    outfile: fileURLToPath(new URL('../node_modules/.peer/backend.mjs', import.meta.url)),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3', 'image-type'],
    logLevel: 'error',
  });
}

/** In a process of its own: a driver built for another Node can take the process down. */
function driverLoads() {
  const script = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', script], { cwd: bench }).status === 0;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: bench, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed in bench/:\n${stdout}${stderr}`);
}
