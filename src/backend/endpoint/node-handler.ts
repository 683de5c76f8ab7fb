import { andThen } from '../../shared/maybe-promise.js';
import { type DoorOptions, openDoor } from './door.js';
import type { Endpoint } from './endpoint.js';
import { fromNodeRequest, type NodeRequest, type NodeResponse, sendToNode } from './node-http.js';
import { clientOf } from './rate-limit.js';
import { discard } from './reply.js';
import { readTarget } from './target.js';

/** `(req, res)` for a server, or `(req, res, next)` as Express and Connect call it. It never throws. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => void;

const addressOf = (request: NodeRequest) => clientOf(request.socket?.remoteAddress);

export function nodeHandler(endpoint: Endpoint, options: DoorOptions<NodeRequest>): NodeHandler {
  return (request, response, next) => {
    if (next && !readTarget(request.url ?? '', options.route)) return next();
    let thrown: { error: unknown } | undefined;
    const door = openDoor(options, request, addressOf, (error) => {
      thrown = { error };
    });
    void andThen(endpoint.handle(fromNodeRequest(request), door), (reply) => {
      if (!thrown || !next) return sendToNode(request, response, reply);
      discard(reply);
      next(thrown.error);
    });
  };
}
