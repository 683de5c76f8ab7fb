import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** Header names and values in turn. */
export type HeaderList = readonly string[];

/** What whoever made a reply is told of it on its way. */
export interface Sending {
  /**
   * It does not go out at once.
   *
   * @param connection - what it goes over; answers that share one share its speed, too
   * @param end - is called when the client takes it too slowly, or others need its slot
   * @param inOneGo - bytes that were handed over at once, so that nothing is heard of them until all have been taken
   */
  begin(connection: object, end: () => void, inOneGo?: number): void;
  /** The client has taken so many bytes more. */
  took(bytes: number): void;
  /** Waits for the next piece of a body: that is our time and not the client's. */
  next(body: AsyncGenerator<Uint8Array>): Promise<IteratorResult<Uint8Array>>;
  /** It was sent, or nobody waits for it any more. May be called again. */
  done(): void;
}

/** What goes back to a client, through whichever handler. */
export interface Reply {
  status: number;
  headers: HeaderList;
  /** In pieces, not to be changed. */
  body: readonly Uint8Array[] | AsyncGenerator<Uint8Array>;
  sending: Sending;
}

/** Of a reply that holds nothing. */
export const nothingHeld: Sending = { begin() {}, took() {}, next: (body) => body.next(), done() {} };

const binary = ['Content-Type', 'application/octet-stream'];
const utf8 = new TextEncoder();

export function binaryReply(
  body: Reply['body'],
  length: number | undefined,
  headers: HeaderList,
  sending: Sending = nothingHeld,
): Reply {
  const lengthHeader = length === undefined ? [] : ['Content-Length', String(length)];
  return { status: 200, headers: [...headers, ...binary, ...lengthHeader], body, sending };
}

export function textReply(status: number, text: string, headers: HeaderList): Reply {
  const body = utf8.encode(`${text}\n`);
  const own = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)];
  return { status, headers: [...headers, ...own], body: [body], sending: nothingHeld };
}

/** To a batch for which there is no slot now; perhaps its body has not been read. */
export function busyReply(headers: HeaderList): Reply {
  const retryAfter = ['Retry-After', '1', 'Access-Control-Expose-Headers', 'Retry-After'];
  return textReply(503, 'Busy. Try again soon.', [...headers, ...retryAfter, 'Connection', 'close']);
}

/** @returns null when it was not the client's fault */
export function blameReply(error: unknown, headers: HeaderList): Reply | null {
  if (!(error instanceof PixstoreError)) return null;
  const { code, message } = error;
  if (code === 'BATCH_TOO_LARGE') return textReply(413, message, [...headers, 'Connection', 'close']);
  if (code === 'BATCH_TOO_SLOW') return textReply(408, message, [...headers, 'Connection', 'close']);
  if (code === 'BATCH_CROWDED_OUT') return busyReply(headers);
  return code === 'BATCH_INVALID' || code === 'TOKEN_INVALID' ? textReply(400, message, headers) : null;
}

export function isInMemory(body: Reply['body']): body is readonly Uint8Array[] {
  return Array.isArray(body);
}

/** Sends nothing of a reply, and lets go of what it stands on. */
export function discard({ body, sending }: Reply): void {
  if (!isInMemory(body)) body.return(undefined).catch(() => {});
  sending.done();
}
