import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an object store, or the way to it, does wrong with one request. */
export type Fault =
  /** Answers with an error, as S3 words it. */
  | { kind: 'status'; status: number; code: string; headers?: Record<string, string> }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Passes the request on and breaks the connection instead of answering. */
  | { kind: 'lose-answer' }
  /** Breaks the connection after so many bytes of the answer's body. */
  | { kind: 'cut'; after: number }
  /** Sends so many bytes of the body, and then nothing more. */
  | { kind: 'stall'; after: number }
  /** Says that the body has only so many bytes, and sends these. */
  | { kind: 'shorten'; to: number }
  /** Answers with other bytes, and with these headers among its own. */
  | { kind: 'swap'; body: Uint8Array; headers?: Record<string, string> }
  /** Answers 200 with a page of its own, as a captive portal does. */
  | { kind: 'portal' };

/** @param path - with the query */
export type PickFault = (request: { method: string; path: string; range: string | undefined }) => Fault | undefined;

export interface FaultyProxy {
  endpoint: string;
  /** Requests that came, oldest first: `GET /bucket/name`. */
  requests: string[];
  /** From now on; undefined: all goes well. */
  setFault(pick: PickFault | undefined): void;
  /** How many requests have neither been answered nor ended. */
  underWay(): number;
  close(): Promise<void>;
}

/** A proxy before an object store that does what it is told to do wrong. Signatures stay good: it changes no header. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const requests: string[] = [];
  const underWay = new Set<ServerResponse>();
  let pickFault: PickFault | undefined;

  const server = http.createServer((request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    requests.push(`${method} ${path}`);
    underWay.add(response);
    response.on('close', () => underWay.delete(response));
    const range = request.headers.range;
    forward(request, response, pickFault?.({ method, path, range }));
  });

  function forward(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
    if (fault?.kind === 'status') {
      refuse(request, response, fault);
      return;
    }
    if (fault?.kind === 'hang') {
      request.resume();
      return;
    }
    if (fault?.kind === 'portal') {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>');
      return;
    }
    const { method, headers, url: path } = request;
    const passedOn = http.request({ hostname, port, path, method, headers, agent }, (answer) =>
      sendBack(answer, response, fault),
    );
    passedOn.on('error', () => response.destroy());
    response.on('close', () => passedOn.destroy());
    request.pipe(passedOn);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    setFault(pick) {
      pickFault = pick;
    },
    underWay: () => underWay.size,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(request: IncomingMessage, response: ServerResponse, fault: Extract<Fault, { kind: 'status' }>): void {
  request.resume();
  request.on('end', () => {
    const headers = { 'content-type': 'application/xml', ...fault.headers };
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${fault.code}</Code><Message>No.</Message></Error>`;
    response.writeHead(fault.status, headers).end(request.method === 'HEAD' ? undefined : body);
  });
}

function sendBack(answer: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
  const { statusCode = 502, headers } = answer;
  if (fault?.kind === 'lose-answer') {
    answer.resume();
    answer.on('end', () => response.destroy());
    return;
  }
  if (fault?.kind === 'swap') {
    answer.resume();
    response.writeHead(200, { ...headers, ...fault.headers, 'content-length': fault.body.length }).end(fault.body);
    return;
  }
  if (fault?.kind === 'shorten') {
    response.writeHead(statusCode, { ...headers, 'content-length': String(fault.to) });
    void sendFirst(answer, response, fault.to, () => response.end());
    return;
  }
  response.writeHead(statusCode, headers);
  if (fault?.kind === 'cut') void sendFirst(answer, response, fault.after, () => response.destroy());
  else if (fault?.kind === 'stall') void sendFirst(answer, response, fault.after, () => {});
  else answer.pipe(response).on('error', () => {});
  answer.on('aborted', () => response.destroy());
}

/** Sends the first bytes of a body, and no more of it. */
async function sendFirst(answer: IncomingMessage, response: ServerResponse, bytes: number, then: () => void) {
  let left = bytes;
  response.flushHeaders();
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (left > 0) await new Promise<void>((resolve) => response.write(chunk.subarray(0, left), () => resolve()));
    left -= chunk.length;
    if (left <= 0) break;
  }
  then();
}
