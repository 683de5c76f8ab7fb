import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const route = '/pixstore-image';

/**
 * A floor: what Node's own HTTP server gives for the same bytes out of memory. No proofs, no store; batches are read as
 * far as the ids.
 *
 * @param {string} _folder
 * @param {{ port: number, payloads: string }} options `payloads`: a folder with a file for each image
 */
export async function open(_folder, { port, payloads }) {
  const names = readdirSync(payloads);
  const kept = new Map(names.map((name) => [`${route}/${name}`, readFileSync(join(payloads, name))]));

  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      sendBatch(request, response);
      return;
    }
    const payload = kept.get(request.url);
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': payload.length });
    response.end(payload);
  });

  async function sendBatch(request, response) {
    const { images } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    response.cork();
    for (const { id } of images) {
      const payload = kept.get(`${route}/${id}`);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(payload.length);
      response.write(length);
      response.write(payload);
    }
    response.end();
  }

  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  return {
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
