import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** Header names and values in turn, as `writeHead` of `node:http` takes them fastest. */
export type HeaderList = readonly string[];

/** What goes back to a client, whatever door it came through. */
export interface Reply {
  status: number;
  headers: HeaderList;
  /** In pieces, not to be changed. */
  body: readonly Uint8Array[] | AsyncGenerator<Uint8Array>;
  /** To be called when it was sent, or nobody waits for it any more; lets go of what the body stands on. */
  done(): void;
}

const binary = ['Content-Type', 'application/octet-stream'];
const utf8 = new TextEncoder();

export function binaryReply(
  body: Reply['body'],
  length: number | undefined,
  headers: HeaderList,
  done: () => void,
): Reply {
  const lengthHeader = length === undefined ? [] : ['Content-Length', String(length)];
  return { status: 200, headers: [...headers, ...binary, ...lengthHeader], body, done };
}

export function textReply(status: number, text: string, headers: HeaderList): Reply {
  const body = utf8.encode(`${text}\n`);
  const own = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)];
  return { status, headers: [...headers, ...own], body: [body], done() {} };
}

/** To a batch for which there is no room; perhaps its body has not been read. */
export function busyReply(headers: HeaderList): Reply {
  const retryAfter = ['Retry-After', '1', 'Access-Control-Expose-Headers', 'Retry-After'];
  return textReply(503, 'Busy. Try again soon.', [...headers, ...retryAfter, 'Connection', 'close']);
}

/** @returns null when it was not the client's fault */
export function blameReply(error: unknown, headers: HeaderList): Reply | null {
  if (!(error instanceof PixstoreError)) return null;
  const { code, message } = error;
  if (code === 'BATCH_TOO_LARGE') return textReply(413, message, [...headers, 'Connection', 'close']);
  return code === 'BATCH_INVALID' || code === 'TOKEN_INVALID' ? textReply(400, message, headers) : null;
}

export function isInMemory(body: Reply['body']): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

/** Sends nothing of a reply, and lets go of what it stands on. */
export function discard({ body, done }: Reply): void {
  if (!isInMemory(body)) body.return(undefined).catch(() => {});
  done();
}
