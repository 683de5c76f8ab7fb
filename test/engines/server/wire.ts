import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Listening, listen } from '../../browser/harness/listen.js';

/** What befalls answers on their way. Places and lengths are bytes of the answer's body. */
export interface Fault {
  /** Only answers to this method; to any unless given. */
  method?: 'GET' | 'POST';
  /** So many answers; all unless given. */
  times?: number;
  /** The request gets no further and is answered with this HTTP status. */
  status?: number;
  /** The body is this, in place of the endpoint's. */
  body?: number[];
  /** One bit of the byte at this place is changed. */
  flipAt?: number;
  /** The body ends after so many bytes, as if it were whole. */
  endAfter?: number;
  /** The connection breaks after so many bytes. */
  breakAfter?: number;
  /** What follows so many bytes is held back until {@link Wire.release}. */
  holdAfter?: number;
}

/** One request as the network sees it: how it asks, and for which images. */
export interface SeenRequest {
  method: string;
  ids: string[];
  /** The browser gave it up before its answer had ended. */
  givenUp: boolean;
}

/** The network between browser and endpoint. It passes answers on as they stream, and may be as bad as it likes. */
export interface Wire extends Listening {
  requests: SeenRequest[];
  /** From now on this befalls answers; undefined: nothing. */
  suffer(fault: Fault | undefined): void;
  /** Lets go of what is held back, and holds nothing back any more until it suffers again. */
  release(): void;
  /** While it is down, every connection breaks. */
  setDown(down: boolean): void;
}

export async function createWire(endpointPort: number): Promise<Wire> {
  const requests: SeenRequest[] = [];
  const broken = new WeakSet<ServerResponse>();
  let fault: Fault | undefined;
  let hold = createHold();
  let left = 0;
  let down = false;

  const server = createServer((request, response) => {
    carry(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    if (down) socket.destroy();
  });

  async function carry(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const body = await text(request);
    const seen = { method, ids: idsOf(url, body), givenUp: false };
    requests.push(seen);
    response.on('close', () => {
      seen.givenUp = !response.writableEnded && !broken.has(response);
    });
    const { status, ...trouble } = takeFault(method);
    const { released } = hold;
    if (status) {
      response.writeHead(status, { 'Access-Control-Allow-Origin': '*' }).end();
      return;
    }
    const answer = await ask({ method, path: url, headers: request.headers }, body);
    const { 'content-length': length, ...headers } = answer.headers;
    // A body that is changed to another length looks whole; one that breaks off has promised more.
    const keepsLength = length !== undefined && trouble.body === undefined && trouble.endAfter === undefined;
    response.writeHead(answer.statusCode ?? 500, keepsLength ? answer.headers : headers).flushHeaders();
    await pass(answer, response, trouble, released);
  }

  function ask(options: object, body: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      forward({ ...options, host: '127.0.0.1', port: endpointPort }, resolve)
        .on('error', reject)
        .end(body);
    });
  }

  function takeFault(method: string): Fault {
    if (!fault || left === 0 || (fault.method ?? method) !== method) return {};
    left -= 1;
    return fault;
  }

  async function pass(
    answer: Readable,
    response: ServerResponse,
    trouble: Fault,
    released: Promise<void>,
  ): Promise<void> {
    const { flipAt = -1, endAfter = Infinity, breakAfter = Infinity, holdAfter = Infinity } = trouble;
    const stop = Math.min(endAfter, breakAfter);
    let at = 0;
    for await (const chunk of trouble.body ? [Buffer.from(trouble.body)] : answer) {
      const bytes = Buffer.from(chunk as Buffer).subarray(0, stop - at);
      if (flipAt >= at && flipAt < at + bytes.length) bytes.writeUInt8(bytes.readUInt8(flipAt - at) ^ 1, flipAt - at);
      const free = Math.max(0, Math.min(bytes.length, holdAfter - at));
      await write(response, bytes.subarray(0, free));
      if (at + free === holdAfter) await released;
      await write(response, bytes.subarray(free));
      at += bytes.length;
      if (at === stop) break;
    }
    answer.destroy();
    if (at < breakAfter) response.end();
    else {
      broken.add(response);
      response.destroy();
    }
  }

  return {
    ...(await listen(server)),
    requests,
    suffer(next) {
      fault = next;
      left = next?.times ?? Infinity;
      const before = hold;
      hold = createHold();
      // What is held back already is let go with what will be.
      void hold.released.then(before.release);
    },
    release: () => hold.release(),
    setDown(isDown) {
      down = isDown;
      if (down) server.closeAllConnections();
    },
  };
}

function createHold() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release };
}

/** Resolves when the bytes are on their way, so that a connection which breaks next does not swallow them. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => response.write(bytes, (error) => (error ? reject(error) : resolve())));
}

function idsOf(url: string, body: string): string[] {
  if (!body) return [decodeURIComponent(new URL(url, 'http://wire').pathname.split('/').at(-1) ?? '')];
  return (JSON.parse(body) as { images: { id: string }[] }).images.map(({ id }) => id);
}
