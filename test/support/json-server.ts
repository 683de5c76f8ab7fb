import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Answer {
  status: number;
  body: object;
}

/** A server that takes JSON and answers JSON. */
export async function listenForJson<Body>(answer: (request: IncomingMessage, body: Body) => Answer) {
  const server = createServer(async (request, response) => {
    const { status, body } = answer(request, (await json(request)) as Body);
    response.writeHead(status, { 'content-type': request.headers['content-type'] ?? 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
