import { must } from '../../shared/options.js';

/** Stands for the origin of the page, with its port. */
export const sameOrigin = 'same-origin';

/** A host the default fetcher can connect to: `[scheme://]host[:port]`, or `same-origin`. */
export const isEndpointHost = /* @__PURE__ */ must(
  'a host such as "https://img.example.com", or "same-origin"',
  (value) => {
    try {
      const { href, origin } = urlOf(value as string);
      return typeof value === 'string' && href === `${origin}/` && !/:0*\/?$/.test(value);
    } catch {
      return false;
    }
  },
);

/**
 * `scheme://host:port` of the default endpoint. A port written in the host wins.
 *
 * @returns for `same-origin` what leads nowhere where there is no page, as on a server that draws it
 */
export function endpointOrigin(host: string, port: number): string {
  if (host === sameOrigin) return globalThis.origin ?? host;
  const { origin } = urlOf(host);
  return /:\d+\/?$/.test(host) ? origin : `${origin}:${port}`;
}

/** A host without a scheme gets that of the page, since a page over https may not load from http. */
function urlOf(host: string): URL {
  // A worker made from a blob: URL has that as its location, but keeps the page's origin.
  const { location, origin } = globalThis;
  const scheme = `${location?.protocol} ${origin}`.includes('https:') ? 'https' : 'http';
  return new URL(/^https?:\/\//i.test(host) ? host : `${scheme}://${host}`);
}
