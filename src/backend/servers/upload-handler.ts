import { clientOf } from '../serving/rate-limit.js';
import { discard, type Reply } from '../serving/reply.js';
import { uploadAlreadyRead } from '../serving/uploads/upload-errors.js';
import { createUploadContexts, type ReadUploadOptions } from '../serving/uploads/upload-options.js';
import type { Uploads } from '../serving/uploads/uploads.js';
import { type EitherHandler, eitherHandler } from './either-handler.js';
import { fromWebRequest, toResponse } from './fetch-handler.js';
import { fromNodeRequest, type NodeRequest, type NodeResponse } from './node-http.js';
import { sendToNode } from './node-reply.js';

// After a refusal the rest of an upload is let come, and thrown away: who is cut off while he sends sees no answer.
const longestLinger = 5_000; // ms

export function uploadHandler<Given>(
  uploads: Uploads,
  options: ReadUploadOptions<Given, NodeRequest | Request>,
): EitherHandler<Given> {
  const contextOf = createUploadContexts(options, (given) => {
    const request = options.requestOf(given);
    return 'socket' in request ? clientOf(request.socket?.remoteAddress) : undefined;
  });

  async function answerNode(given: Given, response: NodeResponse, next?: (error?: unknown) => void): Promise<void> {
    const request = options.requestOf(given) as NodeRequest & { body?: unknown };
    if (next && request.method !== 'POST') return next();
    let thrown: { error: unknown } | undefined;
    const context = contextOf(given, (error) => {
      thrown = { error };
    });
    const asked = fromNodeRequest(request, response, uploadAlreadyRead);
    const reply = await uploads.receive(
      typeof request.body === 'string' ? { ...asked, chunks: readAsText } : asked,
      context,
    );
    if (thrown && next) {
      discard(reply);
      next(thrown.error);
    } else {
      sendToNode(request, response, reply, uploads.report);
    }
    letRestCome(request, Math.min(longestLinger, context.timeouts.slow));
  }

  async function answerWeb(given: Given): Promise<Response> {
    const request = options.requestOf(given) as Request;
    const reply: Reply = await uploads.receive(fromWebRequest(request, uploadAlreadyRead), contextOf(given));
    return toResponse(request, reply, uploads.report);
  }

  return eitherHandler(
    (given, response, next) => {
      answerNode(given, response, next).catch((error) => {
        uploads.report(error);
        response.statusCode = 500;
        response.end();
      });
    },
    (given) =>
      answerWeb(given).catch((error) => {
        uploads.report(error);
        return new Response(null, { status: 500, headers: { 'cache-control': 'no-store' } });
      }),
  );
}

/** What was read as text is no image any more. */
function readAsText(): AsyncIterator<Uint8Array> {
  return { next: () => Promise.reject(uploadAlreadyRead()) };
}

function letRestCome(request: NodeRequest, milliseconds: number): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), milliseconds).unref();
  request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}
