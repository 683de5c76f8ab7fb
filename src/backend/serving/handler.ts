import { requireArrived } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { isFunction, isRoute, type OptionRule, readOptions } from '../../shared/options.js';
import { within } from '../within.js';
import { createPace, type Pace } from './pace.js';
import { type HandlerTimeouts, isHandlerTimeouts, withDefaultTimeouts } from './timeouts.js';

/**
 * What an application says of a handler that it mounts. Its callbacks are given the very object that the handler was called
 * with, with whatever the framework and its middleware have put there.
 */
export interface HandlerOptions<Request> {
  /**
   * Where it is mounted, such as `/images`; other paths are not answered. Default: any path, of which the last part is
   * the id of an image.
   */
  route?: string | undefined;
  /**
   * Your own check, before the proof is looked at: may whoever sent this request see this image? Unless it says true,
   * the image is answered as with a wrong proof. In a batch it is asked for every image. What is no id of an image never
   * gets here.
   *
   * @param variant - of the image, when only that is asked for
   */
  authorize?: (request: Request, imageId: string, variant: string | undefined) => MaybePromise<boolean>;
  /**
   * Who asks: the id of a user or a session, the same that `getImageRecord(id, { audience })` was given. When it says
   * undefined, nobody is there and no proof is good. When it says null, proofs are good that were made for everybody:
   * mind that `headers.get()` says null where there is no such header.
   */
  audience?: (request: Request) => MaybePromise<string | null | undefined>;
  /**
   * What the rate limit counts by, and who shares the slots for answers. Default: the address of the connection, where
   * the handler knows it.
   */
  clientOf?: ((request: Request) => string | undefined) | undefined;
  /**
   * May whoever sent this request see the figures at `{route}/-/metrics`? Default: everybody may, unless the handler has
   * checks of its own (`authorize` or `audience`); then nobody.
   */
  metrics?: (request: Request) => MaybePromise<boolean>;
  /** How long things may take, in ms. What is left out keeps its default. */
  timeouts?: Partial<HandlerTimeouts> | undefined;
}

/** For frameworks that call their handlers with an object of their own, which has the request in it. */
export interface RequestInside<Given, Request> {
  /**
   * Finds the request, such as `request.raw` of Fastify or `c.req.raw` of Hono. The callbacks are given what it was
   * found in.
   */
  requestOf: (given: Given) => Request;
}

/** A request as every handler passes it on. Nothing of it is trusted. */
export interface EndpointRequest {
  method: string;
  /** Path and query, as sent. */
  target: string;
  /** @param name - in lower case */
  header(name: string): string | undefined;
  /**
   * The body, as it arrives. To be asked for once.
   *
   * @throws PixstoreError `BATCH_INVALID` or `UPLOAD_INVALID` when something else has read it
   */
  chunks(): AsyncIterator<Uint8Array>;
  /**
   * Calls back when nobody waits for the answer any more; at once, when that is so already. Whatever holds something for a
   * request gives it back by this, and not by an event that may have passed while the application was asked.
   */
  onGone(callback: () => void): void;
}

/** What a handler says of one request, to the endpoint. */
export interface HandlerContext {
  route?: string | undefined;
  authorize?: ((imageId: string, variant: string | undefined) => MaybePromise<boolean>) | undefined;
  audience?: (() => MaybePromise<string | null | undefined>) | undefined;
  /** Undefined: nobody is counted. */
  client?: (() => string | undefined) | undefined;
  metrics: () => MaybePromise<boolean>;
  timeouts: HandlerTimeouts;
  pace: Pace;
}

const rules: Record<keyof (HandlerOptions<unknown> & RequestInside<unknown, unknown>), OptionRule> = {
  route: [isRoute],
  authorize: [isFunction],
  audience: [isFunction],
  clientOf: [isFunction],
  metrics: [isFunction],
  timeouts: [isHandlerTimeouts],
  requestOf: [isFunction, (given: unknown) => given],
};

/**
 * Without `requestOf`, what the handler is called with is the request itself.
 *
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function readHandlerOptions<Given, Request>(
  given: unknown,
  name: string,
): HandlerOptions<Given> & RequestInside<Given, Request> {
  requireArrived(given, ['authorize', 'audience', 'metrics'], name);
  return readOptions<HandlerOptions<Given> & RequestInside<Given, Request>>(given, rules, name);
}

/**
 * Says of each request what its handler was told.
 *
 * @param addressOf - the address of the connection; left out where the handler does not know it
 */
export function createHandlerContexts<Request>(
  { route, authorize, audience, clientOf, metrics, timeouts: given }: HandlerOptions<Request>,
  addressOf?: (request: Request) => string,
) {
  const timeouts = withDefaultTimeouts(given);
  const pace = createPace(timeouts.slow);
  const client = clientOf ? (request: Request) => requireClient(clientOf(request)) : addressOf;
  const inTime = <Value>(value: MaybePromise<Value>) => within(value, timeouts.checks, checkTimeout);

  /** @param onThrown - told what the application's own checks throw */
  return (request: Request, onThrown: (error: unknown) => void = () => {}): HandlerContext => {
    const rethrow = (error: unknown): never => {
      onThrown(error);
      throw error;
    };
    return {
      route,
      authorize:
        authorize && ((imageId, variant) => recover(() => inTime(authorize(request, imageId, variant)), rethrow)),
      audience: audience && (() => recover(() => inTime(audience(request)), rethrow)),
      client: client && (() => orRethrow(() => client(request), rethrow)),
      metrics: metrics
        ? () => recover(() => inTime(metrics(request)), rethrow)
        : () => authorize === undefined && audience === undefined,
      timeouts,
      pace,
    };
  };
}

export function orRethrow<Value>(work: () => Value, rethrow: (error: unknown) => never): Value {
  try {
    return work();
  } catch (error) {
    return rethrow(error);
  }
}

/** A client that comes later, in a promise, is none to count by. */
export function requireClient(client: unknown): string | undefined {
  if (client === undefined || typeof client === 'string') return client;
  Promise.resolve(client).catch(() => {});
  throw new PixstoreError(
    'CLIENT_INVALID',
    'What clientOf returns must be a string, or undefined to count nobody; it cannot be a promise.',
  );
}

export function checkTimeout(): PixstoreError {
  return new PixstoreError('CHECK_TIMEOUT', 'A check of the application took longer than `timeouts.checks` allows.');
}
