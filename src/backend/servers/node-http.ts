import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Readable } from 'node:stream';
import { batchAlreadyRead } from '../serving/batch-errors.js';
import type { EndpointRequest } from '../serving/handler.js';
import { onGone } from './node-gone.js';

/** Requests and responses of `node:http`, `node:https` and `node:http2`, and of frameworks that pass them on. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** @param alreadyRead - what is wrong when something else has read the body */
export function fromNodeRequest(
  request: NodeRequest,
  response: NodeResponse,
  alreadyRead: () => Error = batchAlreadyRead,
): EndpointRequest {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    header(name) {
      if (!mayHave(request, name)) return undefined;
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    chunks: () => chunksOf(request, alreadyRead),
    onGone: (callback) => onGone(request, response, callback),
  };
}

/**
 * Asked for one header, Node takes all apart, and most requests have none of ours. What stands for a request on platforms
 * without servers may have no raw ones.
 *
 * @param name - in lower case
 */
function mayHave({ rawHeaders }: { rawHeaders?: readonly string[] | undefined }, name: string): boolean {
  if (!rawHeaders || rawHeaders.length === 0) return true;
  return rawHeaders.some((raw) => raw.length === name.length && raw.toLowerCase() === name);
}

async function* chunksOf(
  request: NodeRequest & { body?: unknown },
  alreadyRead: () => Error,
): AsyncGenerator<Uint8Array> {
  const { body } = request; // a framework may have read it before us
  if (typeof body === 'string' || body instanceof Uint8Array) {
    yield Buffer.from(body as Uint8Array);
    return;
  }
  if (request.readableEnded) throw alreadyRead();
  // To its end or not, the request stays: it has the connection that will be answered on.
  yield* (request as Readable).iterator({ destroyOnReturn: false });
}
