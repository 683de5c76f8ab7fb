import { readFile } from 'node:fs/promises';
import { run } from './run.mjs';

/**
 * Is this a Debian where we may install packages? Ubuntu is none: its browsers are snaps.
 *
 * @returns {Promise<boolean>}
 */
export async function canInstallDebianPackages() {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  return /^ID=debian$/m.test(await readFile('/etc/os-release', 'utf8').catch(() => ''));
}

/**
 * Installs packages of Debian; whether it worked shows in what is there afterwards.
 *
 * @param {string[]} packages
 */
export async function installDebianPackages(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (/** @type {string[]} */ ...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args], { show: true, seconds: 300, env });
  await apt('update');
  await apt('install', '-y', '--no-install-recommends', ...packages);
}
