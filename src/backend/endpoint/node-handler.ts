import { andThen, recover } from '../../shared/maybe-promise.js';
import { createDoor, type DoorOptions } from './door.js';
import type { Endpoint } from './endpoint.js';
import { abandon } from './node-gone.js';
import { fromNodeRequest, type NodeRequest, type NodeResponse } from './node-http.js';
import { sendToNode } from './node-reply.js';
import { clientOf } from './rate-limit.js';
import { discard, type Reply } from './reply.js';
import { readTarget } from './target.js';

/** `(req, res)` for a server, or `(req, res, next)` as Express and Connect call it. It never throws. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => void;

const addressOf = (request: NodeRequest) => clientOf(request.socket?.remoteAddress);

export function nodeHandler(endpoint: Endpoint, options: DoorOptions<NodeRequest>): NodeHandler {
  const openDoor = createDoor(options, addressOf);

  return (request, response, next) => {
    let thrown: { error: unknown } | undefined;

    /** Nobody is left to hand an error to: neither the server nor the application expects one any more. */
    const failed = (error: unknown) => {
      abandon(request, response);
      endpoint.report(error);
    };

    function answer() {
      const door = openDoor(request, (error) => {
        thrown = { error };
      });
      return andThen(endpoint.handle(fromNodeRequest(request, response), door), send);
    }

    function send(reply: Reply): void {
      if (thrown && next) {
        discard(reply);
        next(thrown.error);
      } else {
        sendToNode(request, response, reply, endpoint.report);
      }
    }

    if (next && !readTarget(request.url ?? '', options.route)) {
      try {
        next(); // what it promises is the application's own
      } catch (error) {
        failed(error);
      }
      return;
    }
    void recover(answer, failed);
  };
}
