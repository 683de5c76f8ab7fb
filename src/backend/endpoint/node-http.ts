import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { batchCutOff, batchTooLarge } from './batch.js';
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
      // Asked for one header, Node takes all apart, and most requests have none of ours.
      if (!request.rawHeaders.some((raw) => raw.length === name.length && raw.toLowerCase() === name)) return undefined;
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
  try {
    // To its end or not, the request stays: it has the connection that will be answered on.
    for await (const chunk of (request as Readable).iterator({ destroyOnReturn: false })) {
      length += (chunk as Uint8Array).length;
      if (length > limit) throw batchTooLarge(limit);
      chunks.push(chunk as Uint8Array);
    }
  } catch (error) {
    throw error instanceof PixstoreError ? error : batchCutOff(error);
  }
  return Buffer.concat(chunks).toString();
}

/** Sends a reply. A client that reads slowly, or goes away, costs no more than what is on its way to it. */
export function sendToNode(request: NodeRequest, given: NodeResponse, reply: Reply): void {
  const response = given as ServerResponse; // one of http2 has the same methods
  const { status, headers, body, done } = reply;
  if (response.headersSent || !closesWithConnection(request, response)) {
    discard(reply);
    return;
  }
  response.writeHead(status, headers as string[]);
  if (request.method === 'HEAD') {
    response.end();
    discard(reply);
  } else if (isInMemory(body)) {
    const last = body.length - 1;
    if (last > 0) response.cork();
    for (let index = 0; index < last; index += 1) response.write(body[index] as Uint8Array);
    response.end(body[last]);
    // The system has mostly taken it by now. If not, it stays in our memory until the client takes it.
    if (response.socket?.writableLength === 0) done();
    else response.once('close', done);
  } else {
    pipeline(body, response, done);
  }
}

// Answers that wait for their turn, by connection. A listener each would be more than Node takes for sane.
const queued = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * A client may send requests without waiting for answers. Node closes only the answer whose turn it is when the
 * connection goes; those behind it would keep what they stand on for ever, were they not closed here.
 *
 * @returns false when the connection has gone already
 */
function closesWithConnection({ socket, httpVersionMajor }: NodeRequest, response: ServerResponse): boolean {
  if (response.destroyed) return false;
  if (response.socket || httpVersionMajor > 1) return true;
  if (socket.destroyed) return false;
  const waiting = queued.get(socket) ?? new Set();
  if (!queued.has(socket)) {
    queued.set(socket, waiting);
    socket.once('close', () => waiting.forEach(closeUnsent));
  }
  waiting.add(response);
  const leave = () => void waiting.delete(response);
  response.once('finish', leave).once('close', leave);
  return true;
}

function closeUnsent(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}
