import { alwaysThrowing } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { type DoorOptions, type RequestInside, readDoorOptions } from './endpoint/door.js';
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
 * The callbacks are given the request that the framework has made, of its own type. Where that has Node's request in it,
 * `requestOf` says where.
 *
 * @throws PixstoreError `CONFIG_INVALID`, or `ENDPOINT_ENABLED`: the open endpoint would bypass your checks
 * @example
 * const mayUserSee = (req: express.Request, id: string) => id.startsWith(`${req.user?.id}:`);
 * app.use('/images', createNodeHandler<express.Request>(backend, { authorize: mayUserSee }));
 * @example
 * const images = createNodeHandler(backend, {
 *   requestOf: (request: FastifyRequest) => request.raw,
 *   audience: (request) => request.session.userId,
 * });
 * app.all('/images/*', (request, reply) => images(request, reply.hijack().raw));
 */
export function createNodeHandler<Given>(
  backend: PixstoreBackend,
  options: DoorOptions<Given> & RequestInside<Given, NodeRequest>,
): NodeHandler<Given>;
export function createNodeHandler<Request extends NodeRequest = NodeRequest>(
  backend: PixstoreBackend,
  options?: DoorOptions<Request>,
): NodeHandler<Request>;
// Who calls it knows by one of these what comes in. In here nobody does: `never` can be handed on, and not looked into.
export function createNodeHandler(
  backend: PixstoreBackend,
  options?: DoorOptions<never> & Partial<RequestInside<never, NodeRequest>>,
): NodeHandler<never> {
  return alwaysThrowing(() =>
    nodeHandler(requireEndpoint(backend, 'createNodeHandler'), readDoorOptions(options, 'createNodeHandler')),
  );
}

/**
 * Serves images and batches to web-standard requests: Hono, Next.js route handlers, SvelteKit, Astro, Bun, Deno. Needs
 * `defaultEndpointEnabled: false`. Where a framework calls its handlers with something that has the request in it,
 * `requestOf` says where, and the callbacks are given the whole of it.
 *
 * @throws PixstoreError `CONFIG_INVALID`, or `ENDPOINT_ENABLED`: the open endpoint would bypass your checks
 * @example
 * const images = createFetchHandler(backend, { audience: (request) => sessionOf(request)?.userId }); // undefined: nobody
 * app.all('/images/*', (c) => images(c.req.raw));
 * @example
 * const images = createFetchHandler(backend, { requestOf: (c: Context) => c.req.raw, audience: (c) => c.get('userId') });
 * app.all('/images/*', images);
 */
export function createFetchHandler<Given>(
  backend: PixstoreBackend,
  options: DoorOptions<Given> & RequestInside<Given, Request>,
): FetchHandler<Given>;
export function createFetchHandler<Given extends Request = Request>(
  backend: PixstoreBackend,
  options?: DoorOptions<Given>,
): FetchHandler<Given>;
export function createFetchHandler(
  backend: PixstoreBackend,
  options?: DoorOptions<never> & Partial<RequestInside<never, Request>>,
): FetchHandler<never> {
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
