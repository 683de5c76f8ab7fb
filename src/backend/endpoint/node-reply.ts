import { ServerResponse } from 'node:http';
import { maxChunkBytes } from '../../stores/port.js';
import { inSmallPieces } from './body-stream.js';
import { abandon, connectionOf, http2StreamOf, isGone, onGone } from './node-gone.js';
import type { NodeRequest, NodeResponse } from './node-http.js';
import { discard, isInMemory, type Reply } from './reply.js';

/**
 * Sends a reply. A client that reads slowly, or goes away, costs no more than what is on its way to it. Never throws:
 * what fails on the way, in a middleware for instance, ends the answer and is reported.
 */
export function sendToNode(
  request: NodeRequest,
  given: NodeResponse,
  reply: Reply,
  report: (error: unknown) => void,
): void {
  const response = given as ServerResponse; // one of http2 has the same methods
  const failed = (error: unknown) => {
    abandon(request, given);
    discard(reply);
    report(error);
  };
  try {
    if (response.headersSent || response.writableEnded || isGone(request, response)) {
      discard(reply); // somebody else has answered, or nobody waits
    } else {
      response.on('error', () => {}); // of writing to whom has gone, or after somebody else has ended it
      setHead(request, response, reply);
      sendBody(request, response, reply, failed);
    }
  } catch (error) {
    failed(error);
  }
}

const { writeHead, write, end } = ServerResponse.prototype;

/** Has no middleware wrapped it? */
function isPlain(response: ServerResponse): boolean {
  return response.writeHead === writeHead && response.write === write && response.end === end;
}

/**
 * One by one: middleware wraps `writeHead`, and much of what is in use knows nothing of lists of headers. What the
 * application has set stays, unless it says something else than we must. Where nobody has touched the response, Node
 * gets them all at once, as an object, which every wrapper reads: setting them costs a tenth of a small answer.
 */
function setHead(request: NodeRequest, response: ServerResponse, { status, headers }: Reply): void {
  if (isPlain(response) && response.getHeaderNames().length === 0) {
    response.writeHead(status, asObject(headers));
    return;
  }
  response.statusCode = status;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (name === 'Connection' && request.httpVersionMajor > 1) continue; // HTTP/2 has no such header
    response.setHeader(name, name === 'Vary' ? merged(response.getHeader(name), value) : value);
  }
}

/** No name is in the list twice. */
function asObject(headers: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) object[headers[at] as string] = headers[at + 1] as string;
  return object;
}

/** A list of names as a header has it, with one more. */
function merged(present: number | string | readonly string[] | undefined, name: string): string {
  const names = [present ?? []].flat().join(', ');
  if (names === '') return name;
  const has = names.split(',').some((other) => ['*', name.toLowerCase()].includes(other.trim().toLowerCase()));
  return has ? names : `${names}, ${name}`;
}

function sendBody(
  request: NodeRequest,
  response: ServerResponse,
  reply: Reply,
  failed: (error: unknown) => void,
): void {
  const { body, sending } = reply;
  if (request.method === 'HEAD') {
    response.end();
    closeStreamWhenSent(request);
    discard(reply);
  } else if (!isInMemory(body)) {
    stream(request, response, reply, body).catch(failed);
  } else if (http2StreamOf(request) && body.some((piece) => piece.length > maxChunkBytes)) {
    // Handed over at once, it would show nothing of how far flow control has let it through.
    stream(request, response, reply, inSmallPieces(body)).catch(failed);
  } else {
    sendAtOnce(response, body);
    closeStreamWhenSent(request);
    // The system has mostly taken it by now. If not, it stays in our memory until the client takes it. What HTTP/2
    // holds back is seen by its stream alone.
    if (!http2StreamOf(request) && isPlain(response) && response.socket?.writableLength === 0) {
      sending.done();
    } else {
      const length = body.reduce((sum, piece) => sum + piece.length, 0);
      sending.begin(connectionOf(request), () => abandon(request, response), length);
      onGone(request, response, sending.done);
    }
  }
}

function sendAtOnce(response: ServerResponse, pieces: readonly Uint8Array[]): void {
  const last = pieces.length - 1;
  // Node's own `end` sends what was gathered. One of a middleware may wait for it to be sent first.
  if (last > 0 && isPlain(response)) response.cork();
  for (let index = 0; index < last; index += 1) response.write(pieces[index] as Uint8Array);
  response.end(pieces[last]);
}

/** Reads on only as the client does, and no longer than it waits. */
async function stream(
  request: NodeRequest,
  response: ServerResponse,
  { sending }: Reply,
  body: AsyncGenerator<Uint8Array>,
): Promise<void> {
  let isGone = false;
  let goOn = () => {};
  response.on('drain', () => goOn()); // once for all: some middleware never gives a listener back
  onGone(request, response, () => {
    isGone = true;
    goOn();
    body.return(undefined).catch(() => {});
    sending.done();
  });
  sending.begin(connectionOf(request), () => abandon(request, response));
  try {
    for (let piece = await sending.next(body); !piece.done; piece = await sending.next(body)) {
      if (isGone) return;
      if (!response.write(piece.value)) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      sending.took(piece.value.length);
    }
    if (isGone) return;
    response.end();
    closeStreamWhenSent(request);
  } catch (error) {
    if (!isGone) throw error;
  } finally {
    body.return(undefined).catch(() => {});
  }
}

/** Whoever never ends his request would keep the stream of an answer that was sent long ago. */
function closeStreamWhenSent(request: NodeRequest): void {
  const stream = http2StreamOf(request);
  stream?.once('finish', () => {
    if (!stream.endAfterHeaders && !stream.readableEnded) stream.close();
  });
}
