import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from '../../../scripts/run.mjs';

const version = '3.2.1';
const cache = join(root, 'node_modules', '.cache');

/**
 * Installs pixstore 3.2.1, the last version before this one, from the registry; once, then it is kept.
 *
 * @returns a folder from which its entry points resolve
 * @throws Error when the registry cannot be reached
 */
export async function installPeer(): Promise<string> {
  const folder = join(cache, 'pixstore-peer');
  if ((await installedVersion(folder)) === version) return folder;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${folder}-`); // so that an install that is broken off leaves nothing half done
  try {
    await writeFile(join(draft, 'package.json'), '{ "private": true }\n');
    const quick = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
    const plain = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { output } = await run('npm', ['install', '--prefix', draft, ...quick, ...plain, `pixstore@${version}`], {
      seconds: 50,
    });
    if ((await installedVersion(draft)) !== version) throw unreachable(output);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    return folder;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function installedVersion(folder: string): Promise<string | undefined> {
  const manifest = await readFile(join(folder, 'node_modules/pixstore/package.json'), 'utf8').catch(() => '{}');
  return JSON.parse(manifest).version;
}

function unreachable(output: string): Error {
  return new Error(
    `pixstore@${version}, whose browser client this test runs, could not be installed from the npm registry: is it ` +
      `reachable? npm said:\n${output.trim()}`,
  );
}
