import type { IncomingMessage, ServerResponse } from 'node:http';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { encodePayload } from '../../shared/wire/payload.js';
import { WirePayloadState } from '../../shared/wire/states.js';
import type { Answer, ImageRequest } from './answer.js';
import { answerPreflight, refuseMethod, sendText, setCorsHeaders } from './cors.js';

export interface HttpHandlerOptions {
  answer: Answer;
  /** Such as `/pixstore-image`. */
  route: string;
  accessControlAllowOrigin: string | string[];
  /** Told of what fails inside; the client learns no more than that it did. */
  onError(error: unknown): void;
}

/** Serves `GET {route}/:id` over plain `node:http`. It never throws and never rejects, whatever is asked. */
export function createHttpHandler({ answer, route, accessControlAllowOrigin, onError }: HttpHandlerOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('X-Content-Type-Options', 'nosniff');
      setCorsHeaders(request, response, accessControlAllowOrigin);
      const image = readRequest(request, route);
      if (!image) return sendText(response, 404, 'Not found.');
      if (request.method === 'OPTIONS') return answerPreflight(response);
      if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(response);
      sendPayload(response, await answer(image));
    } catch (error) {
      fail(response, error);
    }
  };

  function fail(response: ServerResponse, error: unknown): void {
    if (error instanceof PixstoreError && error.code === 'TOKEN_INVALID') {
      sendText(response, 400, error.message);
      return;
    }
    onError(error);
    if (response.headersSent) response.destroy();
    else sendPayload(response, encodePayload({ state: WirePayloadState.InternalError }));
  }
}

function sendPayload(response: ServerResponse, payload: Uint8Array): void {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': payload.length });
  response.end(payload); // of a HEAD, Node sends the headers only
}

/** @returns what is asked for, or null when the path is not under the route */
function readRequest({ url: target = '', headers }: IncomingMessage, route: string): ImageRequest | null {
  const url = target.replace(/^https?:\/\/[^/?]*/i, ''); // proxies may ask by the whole URL
  const queryAt = url.indexOf('?');
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  if (path !== route && !path.startsWith(`${route}/`)) return null;
  const query = new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1));
  return {
    id: decode(path.slice(route.length + 1)),
    token: headers['x-pixstore-token'] ?? query.get('token'),
    proof: headers['x-pixstore-proof'] ?? query.get('proof'),
  };
}

/** What cannot be decoded stays as it is: no id has a "%", so it is answered like any id nobody has. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
