import { recover } from '../../shared/maybe-promise.js';
import { batchAlreadyRead } from '../serving/batch-errors.js';
import { inSmallPieces } from '../serving/body-stream.js';
import {
  createHandlerContexts,
  type EndpointRequest,
  type HandlerOptions,
  type RequestInside,
} from '../serving/handler.js';
import type { Answers } from '../serving/pictures.js';
import { discard, isInMemory, type Reply } from '../serving/reply.js';
import { responseStream } from './response-stream.js';

/**
 * A handler of web-standard requests: for Hono, Next.js route handlers, SvelteKit, Astro, Bun, Deno. It never rejects.
 *
 * @typeParam Given - what it is called with: the request, or what `requestOf` finds it in
 */
export type FetchHandler<Given = Request> = (given: Given) => Promise<Response>;

export function fetchHandler<Given>(
  endpoint: Answers,
  options: HandlerOptions<Given> & RequestInside<Given, Request>,
): FetchHandler<Given> {
  const contextOf = createHandlerContexts(options);

  return async (given) => {
    const failed = (error: unknown) => {
      endpoint.report(error);
      return new Response('The request could not be answered.\n', {
        status: 500,
        headers: { 'cache-control': 'no-store' },
      });
    };
    return recover(async () => {
      const request = options.requestOf(given);
      const reply = await endpoint.handle(fromWebRequest(request), contextOf(given));
      return toResponse(request, reply, endpoint.report);
    }, failed);
  };
}

/** @param alreadyRead - what is wrong when something else has read the body */
export function fromWebRequest(request: Request, alreadyRead: () => Error = batchAlreadyRead): EndpointRequest {
  const { pathname, search } = new URL(request.url);
  return {
    method: request.method,
    target: pathname + search,
    header: (name) => request.headers.get(name) ?? undefined,
    chunks: () => chunksOf(request, alreadyRead),
    onGone: (callback) => onAbort(request, callback),
  };
}

async function* chunksOf(request: Request, alreadyRead: () => Error): AsyncGenerator<Uint8Array> {
  if (request.bodyUsed) throw alreadyRead();
  const reader = request.body?.getReader();
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) yield read.value;
  } finally {
    reader?.cancel().catch(() => {});
  }
}

function onAbort({ signal }: Request, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener('abort', callback, { once: true });
}

export function toResponse(request: Request, reply: Reply, report: (error: unknown) => void): Response {
  try {
    const { status, body } = reply;
    const headers = new Headers();
    reply.headers.forEach((value, at) => {
      if (at % 2 === 1) headers.append(reply.headers[at - 1] as string, value);
    });
    headers.delete('connection'); // the server's business, and refused by some
    if (request.method === 'HEAD' || status === 204 || status === 304) {
      discard(reply);
      return new Response(null, { status, headers });
    }
    const pieces = isInMemory(body) ? inSmallPieces(body) : body;
    const stream = responseStream(pieces, reply.sending, report);
    onAbort(request, stream.letGo);
    return new Response(stream.readable, { status, headers });
  } catch (error) {
    discard(reply);
    throw error;
  }
}
