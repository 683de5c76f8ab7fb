import type { FetchHandler } from './fetch-handler.js';
import type { NodeHandler } from './node-handler.js';
import type { NodeResponse } from './node-http.js';

/**
 * One handler for both kinds of servers: `(req, res, next?)` of Node, Express and Fastify, and `(request) => Response` of
 * Hono, Next.js and the like, whatever else these hand over. It never throws and never rejects.
 *
 * @typeParam Given - what it is called with: the request, or what `requestOf` finds it in
 */
export interface EitherHandler<Given> {
  (given: Given, response: NodeResponse, next?: (error?: unknown) => void): void;
  (given: Given, ...more: unknown[]): Promise<Response>;
}

export function eitherHandler<Given>(onNode: NodeHandler<Given>, onWeb: FetchHandler<Given>): EitherHandler<Given> {
  const handle = (given: Given, second?: unknown, next?: (error?: unknown) => void): Promise<Response> | undefined => {
    if (!isNodeResponse(second)) return onWeb(given);
    onNode(given, second, next);
    return undefined;
  };
  return handle as EitherHandler<Given>;
}

/** Whose second argument is something else, such as `next` or `{ params }`, has web-standard requests. */
function isNodeResponse(value: unknown): value is NodeResponse {
  return typeof (value as Partial<NodeResponse> | null | undefined)?.writeHead === 'function';
}
