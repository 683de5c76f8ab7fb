import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * A server that does nothing but send bytes it has at hand, to pages of any origin.
 *
 * @param {number} port
 * @param {(path: string) => Uint8Array | undefined} find
 * @param {Record<string, string>} headers
 */
export async function serveBytes(port, find, headers) {
  const server = createServer((request, response) => {
    const bytes = find(request.url ?? '');
    response.writeHead(bytes ? 200 : 404, {
      ...headers,
      'Access-Control-Allow-Origin': '*',
      'Timing-Allow-Origin': '*', // lets the page see whether its cache had the file
      'Content-Length': bytes?.length ?? 0,
    });
    response.end(bytes);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    server.closeAllConnections();
    server.close();
  };
}
