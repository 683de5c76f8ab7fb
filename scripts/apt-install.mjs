import { run } from './run.mjs';

/**
 * Installs packages of Debian or Ubuntu, where we may: as root. Elsewhere nothing happens; look again whether the
 * program is there.
 *
 * @param {string | string[]} names
 * @param {string} purpose such as "for the kill test"
 */
export async function aptInstall(names, purpose) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  console.log(`Installing ${[names].flat().join(', ')} ${purpose} ...`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (/** @type {string[]} */ ...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args], { show: true, seconds: 300, env });
  await apt('update');
  await apt('install', '-y', '--no-install-recommends', ...[names].flat());
}
