import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { pipeline, type Readable } from 'node:stream';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { batchTooLarge } from './batch.js';
import type { EndpointRequest } from './door.js';
import { discard, isInMemory, type Reply } from './reply.js';

/** Requests and responses of `node:http`, `node:https` and `node:http2`, and of frameworks that pass them on. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

export function fromNodeRequest(request: NodeRequest): EndpointRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    text: (limit) => readText(request, limit),
  };
}

async function readText(request: NodeRequest & { body?: unknown }, limit: number): Promise<string> {
  const { body } = request; // a framework may have read it before us
  if (typeof body === 'string' || body instanceof Uint8Array) {
    if (body.length > limit) throw batchTooLarge(limit);
    return Buffer.from(body as Uint8Array).toString();
  }
  if (Number(request.headers['content-length']) > limit) throw batchTooLarge(limit);
  if (request.readableEnded) {
    throw new PixstoreError(
      'BATCH_INVALID',
      'The body of a batch request was read by something else. Mount pixstore before what parses bodies.',
    );
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // To its end or not, the request stays: it has the connection that will be answered on.
  for await (const chunk of (request as Readable).iterator({ destroyOnReturn: false })) {
    length += (chunk as Uint8Array).length;
    if (length > limit) throw batchTooLarge(limit);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString();
}

/** Sends a reply. A client that reads slowly, or goes away, costs no more than what is on its way to it. */
export function sendToNode(request: NodeRequest, given: NodeResponse, reply: Reply): void {
  const response = given as ServerResponse; // one of http2 has the same methods
  const { status, headers, body, done } = reply;
  if (response.destroyed || response.headersSent) {
    discard(reply);
    return;
  }
  response.writeHead(status, headers as string[]);
  if (request.method === 'HEAD') {
    response.end();
    discard(reply);
  } else if (isInMemory(body)) {
    if (body.length > 1) response.cork();
    for (const piece of body.slice(0, -1)) response.write(piece);
    response.end(body.at(-1));
    // The system has mostly taken it by now. If not, it stays in our memory until the client takes it.
    if (response.socket?.writableLength === 0) done();
    else response.once('close', done);
  } else {
    pipeline(body, response, done);
  }
}
