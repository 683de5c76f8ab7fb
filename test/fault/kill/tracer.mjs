import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The system calls by which a process changes files, or gets hold of them. */
export const systemCalls = [
  'openat',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'fdatasync',
  'fsync',
  'ftruncate',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'mkdir',
  'mkdirat',
];

/**
 * A moment to kill a process at: as it makes this system call, for the so-manieth time in one of its threads, on any
 * file or on those of the database and its copies.
 *
 * @typedef {{ call: string, nth: number, files: 'all' | 'database' }} KillPoint
 */

/**
 * @param {KillPoint['files']} files
 * @param {string} folder
 */
function only(files, folder) {
  if (files === 'all') return [];
  const copies = ['.bak.partial', '.bak.partial-journal', '.schema-2.bak'];
  return ['', '-wal', '-shm', '-journal', ...copies].flatMap((end) => ['-P', join(folder, `images.sqlite${end}`)]);
}

/**
 * Follows all threads of a process, to kill it at a system call.
 *
 * @param {number} pid
 * @param {KillPoint} point
 * @param {string} folder where its database is
 */
export function killAt(pid, { call, nth, files }, folder) {
  return trace(pid, ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`, ...only(files, folder)]);
}

/**
 * Follows all threads of a process, and lets a system call fail.
 *
 * @param {number} pid
 * @param {KillPoint} point
 * @param {string} error
 * @param {string} folder where its database is
 */
export function failAt(pid, { call, nth, files }, error, folder) {
  return trace(pid, ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${nth}`, ...only(files, folder)]);
}

/**
 * Follows all threads of a process, and lets every sync of a file fail.
 *
 * @param {number} pid
 * @param {string} path
 */
export function failSyncsOf(pid, path) {
  return trace(pid, ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO', '-P', path]);
}

/**
 * Follows all threads of a process, and writes their system calls to a file.
 *
 * @param {number} pid
 * @param {string} output
 * @param {KillPoint['files']} files
 * @param {string} folder
 */
export function record(pid, output, files, folder) {
  return trace(pid, ['-o', output, '-e', `trace=${systemCalls.join()}`, ...only(files, folder)]);
}

/**
 * How often each system call was made, by the thread that made it most often.
 *
 * @param {string} output a file that `record` wrote
 */
export async function countCalls(output) {
  /** @type {Map<string, number>} */
  const perThread = new Map();
  /** @type {Map<string, number>} */
  const most = new Map();
  for (const line of (await readFile(output, 'utf8')).split('\n')) {
    const [, thread, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    if (!call) continue;
    const count = (perThread.get(`${thread} ${call}`) ?? 0) + 1;
    perThread.set(`${thread} ${call}`, count);
    most.set(call, Math.max(count, most.get(call) ?? 0));
  }
  return most;
}

/**
 * @param {number} pid
 * @param {string[]} options
 * @returns {Promise<{ ended: Promise<void> } | undefined>} once strace has hold of the process; undefined where the
 *   system does not let it
 */
function trace(pid, options) {
  const strace = spawn('strace', ['-f', '-p', String(pid), ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => strace.once('close', () => resolve()));
  return new Promise((resolve) => {
    let told = '';
    strace.stderr.on('data', (chunk) => {
      told += chunk;
      if (/Process \d+ attached/.test(told)) resolve({ ended });
    });
    void ended.then(() => resolve(undefined));
  });
}
