import { aptInstall } from './apt-install.mjs';
import { run, runAsProgram } from './run.mjs';

/**
 * Sees to it that strace is there, which the kill test stops processes with, at a system call of its choice.
 *
 * @returns {Promise<boolean>} false where there is no strace to be had (macOS, Windows), or the system does not let it
 *   look into processes
 * @throws {Error} saying how to install it, on Linux
 */
export async function ensureStrace() {
  if (process.platform !== 'linux') return false;
  if (await starts()) return traces();
  await aptInstall('strace', 'for the kill test');
  if (await starts()) return traces();
  throw new Error('The kill test needs strace: install it (on Debian and Ubuntu: sudo apt-get install -y strace).');
}

const starts = async () => (await run('strace', ['-V'])).ok;
const traces = async () => (await run('strace', ['-qq', '-e', 'trace=none', process.execPath, '--version'])).ok;

await runAsProgram(import.meta.url, ensureStrace);
