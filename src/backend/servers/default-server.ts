import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { HandlerTimeouts } from '../serving/timeouts.js';

export interface DefaultServer {
  /**
   * Resolves when it listens.
   *
   * @throws PixstoreError `PORT_IN_USE` or `LISTEN_FAILED`
   */
  ready: Promise<void>;
  /** Where it listens, or null before and after. */
  address(): AddressInfo | null;
  /** Takes no more requests and lets those under way finish, for a few seconds at most. */
  close(): Promise<void>;
}

/** How long a client may take, in ms. */
export interface EndpointTimeouts extends HandlerTimeouts {
  /** For the head of a request, from the first byte of it, or from connecting. */
  headers: number;
  /** For a whole request, its body included. */
  request: number;
  /** A connection on which nothing moves while an answer is sent. */
  stalled: number;
  /** A connection between two requests. */
  keepAlive: number;
}

export interface ServerLimits {
  connections: number;
  timeouts: EndpointTimeouts;
}

const closeGrace = 5_000; // ms
const shortestCheck = 100; // ms

/** Starts the endpoint's own HTTP server. It keeps the process alive until it is closed. */
export function startDefaultServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  host: string,
  port: number,
  { connections, timeouts }: ServerLimits,
): DefaultServer {
  const server = createServer(
    {
      headersTimeout: Math.min(timeouts.headers, timeouts.request),
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      // Node looks for requests that take too long so often.
      connectionsCheckingInterval: Math.max(shortestCheck, timeouts.headers / 4),
      noDelay: true,
    },
    handler,
  );
  server.maxConnections = connections;
  server.setTimeout(timeouts.stalled); // without a listener Node ends the connection
  const ready = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.on('error', (cause) => reject(listenError(cause, host, port)));
  });
  server.listen(port, host);

  return {
    ready,
    address: () => server.address() as AddressInfo | null,
    async close() {
      await ready.catch(() => {});
      await new Promise<void>((resolve) => {
        const impatience = setTimeout(() => server.closeAllConnections(), closeGrace).unref();
        server.close(() => {
          clearTimeout(impatience);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): PixstoreError {
  if (cause.code === 'EADDRINUSE') {
    return new PixstoreError(
      'PORT_IN_USE',
      `The default endpoint cannot listen on ${host}:${port}: the port is in use. Stop the other program, choose another defaultEndpointListenPort, or set defaultEndpointEnabled: false where nothing is to be served.`,
      { cause },
    );
  }
  return new PixstoreError(
    'LISTEN_FAILED',
    `The default endpoint cannot listen on ${host}:${port} (${cause.code}). Check defaultEndpointListenHost and defaultEndpointListenPort.`,
    { cause },
  );
}
