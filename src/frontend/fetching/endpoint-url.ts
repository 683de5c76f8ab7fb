import { type Check, isText } from '../../shared/options.js';
import type { ImageRecord } from '../../types/index.js';

// [scheme://]host[:port][/], where the host is a name, an IPv4 address or an IPv6 address in brackets
const hostPattern = /^(?:(https?):\/\/)?(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\%]+)(?::(\d{1,5}))?\/?$/i;

/** A host the default fetcher can connect to. */
export const isEndpointHost: Check = (value) => {
  const problem = isText(value);
  if (problem) return problem;
  const [, , host, port] = hostPattern.exec(value as string) ?? [];
  const good = host && isUrl(`http://${host}:${port ?? 80}`) && Number(port) !== 0;
  return good ? undefined : 'must be a host such as "img.example.com" or "http://[::1]:8080", without a path';
};

/**
 * `scheme://host:port` of the default endpoint. A port written in the host wins; a host without a scheme gets that of
 * the page, since a page over https may not load from http.
 */
export function endpointOrigin(host: string, port: number): string {
  const [, scheme = pageIsHttps() ? 'https' : 'http', name, ownPort] = hostPattern.exec(host) ?? [];
  return `${scheme.toLowerCase()}://${name}:${ownPort ?? port}`;
}

/** The URL of one image. Proof and token go in the query: custom headers would cost every request a preflight. */
export function imageUrl(base: string, { id, token, statelessProof }: ImageRecord): string {
  return `${base}/${encodeURIComponent(id)}?proof=${encodeURIComponent(statelessProof)}&token=${token}`;
}

function isUrl(text: string): boolean {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}

// A worker made from a blob: URL has that as its location, but keeps the page's origin.
function pageIsHttps(): boolean {
  return globalThis.location?.protocol === 'https:' || Boolean(globalThis.origin?.startsWith('https:'));
}
