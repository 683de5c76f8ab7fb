import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, recover } from '../../shared/maybe-promise.js';
import { createHandlerContexts, type HandlerOptions, type RequestInside } from '../serving/handler.js';
import type { Answers } from '../serving/pictures.js';
import { clientOf } from '../serving/rate-limit.js';
import { discard, type Reply } from '../serving/reply.js';
import { readTarget } from '../serving/target.js';
import { abandon } from './node-gone.js';
import { fromNodeRequest, type NodeRequest, type NodeResponse } from './node-http.js';
import { sendToNode } from './node-reply.js';

/**
 * `(req, res)` for a server, or `(req, res, next)` as Express and Connect call it. It never throws.
 *
 * @typeParam Given - what it is called with: the request, or what `requestOf` finds it in
 */
export type NodeHandler<Given = NodeRequest> = (
  given: Given,
  response: NodeResponse,
  next?: (error?: unknown) => void,
) => void;

export function nodeHandler<Given>(
  endpoint: Answers,
  options: HandlerOptions<Given> & RequestInside<Given, NodeRequest>,
): NodeHandler<Given> {
  const contextOf = createHandlerContexts(options, (given) => clientOf(options.requestOf(given).socket?.remoteAddress));

  /** @returns undefined when there is none, and that has been answered */
  function requestIn(given: Given, response: NodeResponse): NodeRequest | undefined {
    try {
      const request: NodeRequest | undefined = options.requestOf(given);
      if (request) return request;
      throw new PixstoreError(
        'CONFIG_INVALID',
        'The option "requestOf" found no request in what the handler was given.',
      );
    } catch (error) {
      endpoint.report(error);
      response.statusCode = 500;
      response.end();
    }
    return undefined;
  }

  return (given, response, next) => {
    const request = requestIn(given, response);
    if (request) answerRequest(given, request, response, next);
  };

  function answerRequest(
    given: Given,
    request: NodeRequest,
    response: NodeResponse,
    next: Parameters<NodeHandler>[2],
  ): void {
    let thrown: { error: unknown } | undefined;

    /** Nobody is left to hand an error to: neither the server nor the application expects one any more. */
    const failed = (error: unknown) => {
      abandon(request, response);
      endpoint.report(error);
    };

    function answer() {
      const context = contextOf(given, (error) => {
        thrown = { error };
      });
      return andThen(endpoint.handle(fromNodeRequest(request, response), context), send);
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
  }
}
