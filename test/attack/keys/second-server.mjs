// A second process on the same store, which serves it and erases folders when it is told to.
//
// node second-server.mjs <config as JSON>
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createNodeHandler, createPixstoreBackend } from 'pixstore/backend';

const backend = createPixstoreBackend({
  ...JSON.parse(process.argv[2] ?? '{}'),
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
});
const server = createServer(createNodeHandler(backend, { route: '/pixstore-image' }));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
process.stdout.write(`${port}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break;
  await backend.deleteImages(line);
  process.stdout.write('erased\n');
}
server.closeAllConnections();
server.close();
await backend.close();
process.stdin.destroy();
