import { spawnSync } from 'node:child_process';
import { aptInstall } from '../../scripts/apt-install.mjs';

const nginxes = ['nginx', '/usr/sbin/nginx']; // only root has sbin on the PATH

/**
 * Sees to it that the programs are there that load servers and stand beside ours.
 *
 * @throws {Error} saying how to install them
 */
export async function ensurePrograms() {
  if (!starts('wrk')) await aptInstall('wrk', 'for the serving benchmark');
  if (!findNginx()) await aptInstall('nginx-light', 'for the serving benchmark');
  if (starts('wrk') && findNginx()) return;
  throw new Error(
    'This benchmark needs wrk and nginx: install them (on Debian: sudo apt-get install -y wrk nginx-light).',
  );
}

/** @throws {Error} when there is none */
export function nginxProgram() {
  const program = findNginx();
  if (!program) throw new Error('There is no nginx: install it (on Debian: sudo apt-get install -y nginx-light).');
  return program;
}

function findNginx() {
  return nginxes.find(starts);
}

/** @param {string} program */
function starts(program) {
  return spawnSync(program, ['-v']).error === undefined;
}
