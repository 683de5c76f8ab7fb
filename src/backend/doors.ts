import { alwaysThrowing } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { type DoorOptions, readDoorOptions } from './endpoint/door.js';
import type { Endpoint } from './endpoint/endpoint.js';
import { type FetchHandler, fetchHandler } from './endpoint/fetch-handler.js';
import { type NodeHandler, nodeHandler } from './endpoint/node-handler.js';
import type { NodeRequest } from './endpoint/node-http.js';
import type { PixstoreBackend } from './public-api.js';

/** Where a backend keeps the endpoint that doors lead to; nobody else's business. */
export const endpointOf = Symbol('pixstore endpoint');

/** A backend as doors see it. */
export interface BackendWithEndpoint extends PixstoreBackend {
  readonly [endpointOf]: Endpoint | null;
}

/**
 * Serves images and batches from a server of the application's own: plain `http`, `https` or `http2`, Express, Connect,
 * or Fastify (with `reply.hijack()`). Needs `defaultEndpointEnabled: false`.
 *
 * @throws PixstoreError `CONFIG_INVALID`, or `ENDPOINT_ENABLED`: the open endpoint would bypass your checks
 * @example
 * app.use('/images', createNodeHandler(backend, { authorize: (req, id) => mayUserSee(req.user, id) }));
 */
export function createNodeHandler(backend: PixstoreBackend, options?: DoorOptions<NodeRequest>): NodeHandler {
  return alwaysThrowing(() =>
    nodeHandler(requireEndpoint(backend, 'createNodeHandler'), readDoorOptions(options, 'createNodeHandler')),
  );
}

/**
 * Serves images and batches to web-standard requests: Hono, Next.js route handlers, SvelteKit, Astro, Bun, Deno. Needs
 * `defaultEndpointEnabled: false`.
 *
 * @throws PixstoreError `CONFIG_INVALID`, or `ENDPOINT_ENABLED`: the open endpoint would bypass your checks
 * @example
 * const images = createFetchHandler(backend, { audience: (request) => sessionOf(request)?.userId }); // undefined: nobody
 * app.all('/images/*', (c) => images(c.req.raw));
 */
export function createFetchHandler(backend: PixstoreBackend, options?: DoorOptions<Request>): FetchHandler {
  return alwaysThrowing(() =>
    fetchHandler(requireEndpoint(backend, 'createFetchHandler'), readDoorOptions(options, 'createFetchHandler')),
  );
}

function requireEndpoint(backend: PixstoreBackend, caller: string): Endpoint {
  const endpoint = (backend as Partial<BackendWithEndpoint> | undefined)?.[endpointOf];
  if (endpoint) return endpoint;
  if (endpoint === null) throw endpointEnabled(caller);
  throw new PixstoreError(
    'CONFIG_INVALID',
    `${caller} needs what createPixstoreBackend or initPixstoreBackend returned.`,
  );
}

export function endpointEnabled(caller: string): PixstoreError {
  return new PixstoreError(
    'ENDPOINT_ENABLED',
    `${caller} needs defaultEndpointEnabled: false; the open default endpoint would bypass your own checks.`,
  );
}
