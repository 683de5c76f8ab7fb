import type { EndpointRequest } from './handler.js';
import type { HeaderList } from './reply.js';

export const allowedMethods = 'GET, HEAD, POST, OPTIONS';
export const imageMethods = 'GET, HEAD, OPTIONS';
const ownHeaders = 'x-pixstore-proof, x-pixstore-token';
const preflightMaxAge = 86_400; // s; browsers cap it as they like

const always = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'];

/** The headers of every answer, by the origin of the request: they let pages of the allowed origins read it. */
export function createCommonHeaders(
  allowed: string | string[],
): (request: Pick<EndpointRequest, 'header'>) => HeaderList {
  const origins = [allowed].flat();
  const allow = (origin: string) => [...always, 'Access-Control-Allow-Origin', origin];
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

/** @param withAuthorization - for applications whose own checks go by that header */
export function preflightHeaders(withAuthorization: boolean): HeaderList {
  return [
    ...['Allow', allowedMethods],
    ...['Access-Control-Allow-Methods', allowedMethods],
    ...['Access-Control-Allow-Headers', withAuthorization ? `authorization, ${ownHeaders}` : ownHeaders],
    ...['Access-Control-Max-Age', String(preflightMaxAge)],
  ];
}
