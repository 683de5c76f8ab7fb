import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findNginx } from '../../scripts/find-nginx.mjs';
import { endWithUs } from '../contestants/children.mjs';

const patience = 5_000; // ms

/**
 * An nginx in front of servers, which keeps its connections to them.
 *
 * @param {string} base the folder in which it gets one of its own
 * @param {{ port: number, servers: number[] }} ports
 */
export async function startBalancer(base, { port, servers }) {
  const program = await findNginx();
  if (!program) throw new Error('There is no nginx: install it (on Debian: sudo apt-get install -y nginx-light).');
  const folder = mkdtempSync(join(base, 'balancer-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, servers));
  const child = spawn(program, ['-p', folder, '-c', file, '-e', join(folder, 'errors')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  endWithUs(child, 'SIGTERM'); // SIGKILL would leave its worker behind
  const exited = once(child, 'exit');
  for (const begin = performance.now(); !(await listens(port)); await wait(20)) {
    if (child.exitCode !== null) throw new Error('nginx did not start: see what it said above.');
    if (performance.now() - begin > patience) throw new Error(`nginx does not listen after ${patience} ms.`);
  }
  return {
    async end() {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param {string} folder @param {number} port @param {number[]} servers */
function configuration(folder, port, servers) {
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
  ${temporary.join('\n  ')}
  upstream backends {
    ${servers.map((each) => `server 127.0.0.1:${each};`).join('\n    ')}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000000;
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffers 16 64k;
    }
  }
}
`;
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
