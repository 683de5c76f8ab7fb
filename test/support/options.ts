import { createServer } from 'node:net';
import { join } from 'node:path';
import { quietLogger } from './backend.js';
import { temporaryFolder } from './folders.js';

/** Where a backend keeps its things and listens, so that tests stand side by side. */
export async function ownOptions() {
  const folder = await temporaryFolder();
  return {
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    defaultEndpointListenHost: '127.0.0.1',
    defaultEndpointListenPort: await freePort(),
    logger: quietLogger(),
  };
}

// Below the ports that systems hand out to outgoing connections, so that none of those takes it in between.
const lowestPort = 20_000;
const ports = 10_000;

async function freePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * ports);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
