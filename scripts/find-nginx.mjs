import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const unpacked = join(root, 'node_modules', '.cache', 'nginx');

/**
 * An nginx for the tests: the system's, else, on Debian and Ubuntu, the program out of its package. It is not installed:
 * that would start a server.
 *
 * @returns {Promise<string | undefined>} its program, where there is one
 */
export async function findNginx() {
  const own = join(unpacked, 'usr/sbin/nginx');
  for (const program of ['nginx', '/usr/sbin/nginx', own]) if (await starts(program)) return program;
  if (process.platform !== 'linux' || !(await run('apt-get', ['--version'])).ok) return undefined;
  await unpack();
  return (await starts(own)) ? own : undefined;
}

const starts = async (/** @type {string} */ program) => (await run(program, ['-v'])).ok;

async function unpack() {
  await mkdir(join(unpacked, '..'), { recursive: true });
  const draft = await mkdtemp(`${unpacked}-`);
  try {
    const download = () => run('sh', ['-c', `cd '${draft}' && apt-get -q download nginx`], { seconds: 60 });
    if (!(await download()).ok && process.getuid?.() === 0) {
      await run('apt-get', ['-q', 'update'], { seconds: 120 });
      await download();
    }
    const name = (await readdir(draft)).find((each) => each.endsWith('.deb'));
    if (name === undefined || !(await run('dpkg', ['-x', join(draft, name), draft])).ok) return;
    await rm(unpacked, { recursive: true, force: true });
    await rename(draft, unpacked);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
