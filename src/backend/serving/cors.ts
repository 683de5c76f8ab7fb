import type { EndpointRequest } from './handler.js';
import type { HeaderList } from './reply.js';

export const allowedMethods = 'GET, HEAD, POST, OPTIONS';
export const imageMethods = 'GET, HEAD, OPTIONS';
const ownHeaders = 'x-pixstore-proof, x-pixstore-token';
const preflightMaxAge = 86_400; // s; browsers cap it as they like

const always = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];

/** Which pages of other origins may read answers, and by which requests. */
export interface CorsOptions {
  /** `*`, an origin as browsers send it, or a list. */
  accessControlAllowOrigin: string | string[];
  /** May their requests carry cookies? */
  accessControlAllowCredentials: boolean;
  /** Headers that requests may carry beside our own, in lower case. */
  accessControlAllowHeaders: readonly string[];
}

/** The headers of every answer, by the origin of the request: they let pages of the allowed origins read it. */
export function createCommonHeaders({
  accessControlAllowOrigin,
  accessControlAllowCredentials,
}: Omit<CorsOptions, 'accessControlAllowHeaders'>): (request: Pick<EndpointRequest, 'header'>) => HeaderList {
  const origins = [accessControlAllowOrigin].flat();
  const withCookies = accessControlAllowCredentials ? ['Access-Control-Allow-Credentials', 'true'] : [];
  const allow = (origin: string) => [...always, 'Access-Control-Allow-Origin', origin, ...withCookies];
  const [only] = origins;
  if (origins.includes('*') || (origins.length === 1 && only)) {
    const headers = allow(origins.includes('*') ? '*' : (only as string));
    return () => headers;
  }
  // The answer depends on who asks, and caches must know.
  const vary = ['Vary', 'Origin'];
  return (request) => {
    const origin = request.header('origin');
    return [...(origin && origins.includes(origin) ? allow(origin) : always), ...vary];
  };
}

/**
 * @param named - headers that requests may carry beside our own
 * @param withAuthorization - for applications whose own checks may go by that header
 */
export function preflightHeaders(named: readonly string[], withAuthorization: boolean): HeaderList {
  const headers = new Set([...(withAuthorization ? ['authorization'] : []), ...named, ownHeaders]);
  return [
    ...['Allow', allowedMethods],
    ...['Access-Control-Allow-Methods', allowedMethods],
    ...['Access-Control-Allow-Headers', [...headers].join(', ')],
    ...['Access-Control-Max-Age', String(preflightMaxAge)],
  ];
}
