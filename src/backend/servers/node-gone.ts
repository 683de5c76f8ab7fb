import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { NodeRequest, NodeResponse } from './node-http.js';

/** The stream of a request that came by HTTP/2. What stands for a response there tells less than its stream does. */
export function http2StreamOf(request: NodeRequest): Http2ServerRequest['stream'] | undefined {
  return request.httpVersionMajor > 1 ? (request as Partial<Http2ServerRequest>).stream : undefined;
}

/** What the answer goes over. */
export function connectionOf(request: NodeRequest): object {
  return http2StreamOf(request)?.session ?? request.socket ?? request;
}

/** Does nobody wait for the answer any more? */
export function isGone(request: NodeRequest, response: NodeResponse): boolean {
  const stream = http2StreamOf(request);
  if (stream) return stream.destroyed || stream.closed || stream.aborted;
  return (response as ServerResponse).destroyed || request.socket?.destroyed === true;
}

/** Calls back when nobody waits for the answer any more, or it has been sent; at once, when that is so already. */
export function onGone(request: NodeRequest, response: NodeResponse, callback: () => void): void {
  const stream = http2StreamOf(request);
  if (isGone(request, response)) {
    callback();
  } else if (stream) {
    onStreamGone(stream, callback);
  } else {
    (response as ServerResponse).once('close', callback);
    if (request.socket && !response.socket) closeWithConnection(request.socket, response as ServerResponse);
  }
}

function onStreamGone(stream: Http2ServerResponse['stream'], callback: () => void): void {
  let isCalled = false;
  const gone = () => {
    if (isCalled) return;
    isCalled = true;
    callback();
  };
  stream.once('close', gone).once('aborted', gone);
  // A client that resets a stream saying NO_ERROR once the answer has been handed over leaves it neither closed nor
  // aborted for ever, with the answer in memory. All that is heard is the end of the request.
  stream.once('end', () => {
    if (!stream.closed) return;
    stream.destroy();
    gone();
  });
}

// Answers that wait for their turn, by connection. A listener each would be more than Node takes for sane.
const queued = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * A client may send requests without waiting for answers. Node closes only the answer whose turn it is when the
 * connection goes; those behind it would keep what they stand on for ever, were they not closed here.
 */
function closeWithConnection(socket: Socket, response: ServerResponse): void {
  const waiting = queued.get(socket) ?? new Set();
  if (!queued.has(socket)) {
    queued.set(socket, waiting);
    socket.once('close', () => waiting.forEach(closeUnsent));
  }
  if (waiting.has(response)) return;
  waiting.add(response);
  const leave = () => void waiting.delete(response);
  response.once('finish', leave).once('close', leave);
}

function closeUnsent(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}

/** Ends an answer that cannot be sent, in a way that nobody takes for its end. */
export function abandon(request: NodeRequest, response: NodeResponse): void {
  const stream = http2StreamOf(request);
  if (!stream) {
    (response as ServerResponse).destroy();
  } else if (!stream.destroyed) {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    stream.destroy();
  }
}
