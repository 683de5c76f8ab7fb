import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type FetchHandler, fetchHandler } from '../servers/fetch-handler.js';
import { type NodeHandler, nodeHandler } from '../servers/node-handler.js';
import type { NodeRequest } from '../servers/node-http.js';
import type { Endpoint } from '../serving/endpoint.js';
import { type HandlerOptions, type RequestInside, readHandlerOptions } from '../serving/handler.js';
import { alwaysThrowing } from './errors.js';

/** What handlers lead to: an engine, or a backend without an endpoint of its own. */
export interface HasEndpoint {
  /** Null: there is a server already that everybody may ask. */
  readonly endpoint: Endpoint | null;
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
  from: HasEndpoint,
  options: HandlerOptions<Given> & RequestInside<Given, NodeRequest>,
): NodeHandler<Given>;
export function createNodeHandler<Request extends NodeRequest = NodeRequest>(
  from: HasEndpoint,
  options?: HandlerOptions<Request>,
): NodeHandler<Request>;
// Who calls it knows by one of these what comes in. In here nobody does: `never` can be handed on, and not looked into.
export function createNodeHandler(
  from: HasEndpoint,
  options?: HandlerOptions<never> & Partial<RequestInside<never, NodeRequest>>,
): NodeHandler<never> {
  return alwaysThrowing(() =>
    nodeHandler(requireEndpoint(from, 'createNodeHandler'), readHandlerOptions(options, 'createNodeHandler')),
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
  from: HasEndpoint,
  options: HandlerOptions<Given> & RequestInside<Given, Request>,
): FetchHandler<Given>;
export function createFetchHandler<Given extends Request = Request>(
  from: HasEndpoint,
  options?: HandlerOptions<Given>,
): FetchHandler<Given>;
export function createFetchHandler(
  from: HasEndpoint,
  options?: HandlerOptions<never> & Partial<RequestInside<never, Request>>,
): FetchHandler<never> {
  return alwaysThrowing(() =>
    fetchHandler(requireEndpoint(from, 'createFetchHandler'), readHandlerOptions(options, 'createFetchHandler')),
  );
}

function requireEndpoint(from: HasEndpoint, caller: string): Endpoint {
  const endpoint = (from as Partial<HasEndpoint> | undefined)?.endpoint;
  if (endpoint === null) throw endpointEnabled(caller);
  if (typeof endpoint?.handle === 'function') return endpoint;
  throw notABackend(caller);
}

/** Of what a handler was to lead to. */
export function notABackend(caller: string): PixstoreError {
  return new PixstoreError(
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
