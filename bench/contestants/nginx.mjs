import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nginxProgram } from '../setup/programs.mjs';
import { endWithUs } from './children.mjs';

const patience = 5_000; // ms

/**
 * nginx with one worker, which sends files as fast as its settings allow: open files are kept, nothing is logged.
 *
 * @param {string} base the folder in which it gets one of its own
 * @param {{ port: number, payloads: string }} options `payloads`: a folder with a file for each image
 */
export async function startNginx(base, { port, payloads }) {
  const folder = mkdtempSync(join(base, 'nginx-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration({ folder, port, payloads }));
  const child = spawn(nginxProgram(), ['-p', folder, '-c', file, '-e', join(folder, 'errors')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  endWithUs(child, 'SIGTERM'); // SIGKILL would leave its worker behind
  const exited = once(child, 'exit');
  return {
    pid: await workerOf(child, port),
    async end() {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param {{ folder: string, port: number, payloads: string }} where */
function configuration({ folder, port, payloads }) {
  // Started by root, a worker would become a user who may not look into the folder.
  const { uid, username } = userInfo();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `
daemon off;
${uid === 0 ? `user ${username} ${username};` : ''}
worker_processes 1;
pid ${join(folder, 'pid')};
error_log stderr error;
events { worker_connections 2048; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=4096;
  keepalive_requests 1000000000;
  default_type application/octet-stream;
  ${temporary.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location /pixstore-image/ { alias ${payloads}/; }
  }
}
`;
}

/**
 * Waits until it listens; its worker comes a moment later.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} port
 * @returns {Promise<number>} the pid of the worker
 */
async function workerOf(child, port) {
  for (const begin = performance.now(); performance.now() - begin < patience; await wait(20)) {
    if (child.exitCode !== null) throw new Error('nginx did not start: see what it said above.');
    const worker = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
    if (worker > 0 && (await listens(port))) return worker;
  }
  throw new Error(`nginx does not listen after ${patience} ms.`);
}

/** @param {number} port */
async function listens(port) {
  const socket = connect(port, '127.0.0.1');
  const found = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return found;
}
