import { run } from './run.mjs';

/**
 * Installs a package of Debian or Ubuntu, where we may: as root. Elsewhere nothing happens; look again whether the
 * program is there.
 *
 * @param {string} name
 * @param {string} purpose such as "for the kill test"
 */
export async function aptInstall(name, purpose) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  console.log(`Installing ${name} ${purpose} ...`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (/** @type {string[]} */ ...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args], { show: true, seconds: 300, env });
  await apt('update');
  await apt('install', '-y', '--no-install-recommends', name);
}
