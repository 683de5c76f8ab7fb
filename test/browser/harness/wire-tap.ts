import { createServer, request as forward, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Listening, listen } from './listen.js';

/** What went over the wire between browser and endpoint. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** Stands between browser and endpoint, as anyone on the network may: it sees every request and can change answers. */
export interface WireTap extends Listening {
  requests: SeenRequest[];
  /** Changes the body of an answer, or holds it back for as long as it likes. */
  meddle: ((payload: Buffer) => Uint8Array | Promise<Uint8Array>) | undefined;
}

export async function tapWire(endpointPort: number): Promise<WireTap> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers });
    const upstream = forward({ port: endpointPort, host: '127.0.0.1', method, path: url, headers }, async (answer) => {
      const payload = await buffer(answer);
      const body = (await tap.meddle?.(payload)) ?? payload;
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, 'content-length': body.length }).end(body);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  const tap: WireTap = { ...(await listen(server)), requests, meddle: undefined };
  return tap;
}
