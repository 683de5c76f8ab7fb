/** What a request is for, by its path. */
export type Target =
  | { kind: 'image'; id: string; query: string }
  /** The route itself: where batches are sent to. */
  | { kind: 'route'; query: string }
  | { kind: 'health' }
  | { kind: 'metrics' };

/**
 * Takes the target of an HTTP request apart. One slash at its end is ignored: frameworks can be told to put one behind
 * every path.
 *
 * @param route - such as `/pixstore-image`; undefined where the application has mounted us somewhere: then what counts
 * is how the path ends
 * @returns null when the path is not under the route
 */
export function readTarget(requestTarget: string, route: string | undefined): Target | null {
  // Proxies may ask by the whole URL.
  const url = requestTarget.startsWith('/') ? requestTarget : requestTarget.replace(/^https?:\/\/[^/?]*/i, '');
  const queryAt = url.indexOf('?');
  const path = withoutSlash(queryAt < 0 ? url : url.slice(0, queryAt));
  const query = queryAt < 0 ? '' : url.slice(queryAt + 1);
  const rest = route === undefined ? lastParts(path) : partsUnder(path, route);
  if (rest === null) return null;
  if (rest === '-/health') return { kind: 'health' };
  if (rest === '-/metrics') return { kind: 'metrics' };
  return rest === '' ? { kind: 'route', query } : { kind: 'image', id: decode(rest), query };
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function partsUnder(path: string, route: string): string | null {
  if (path === route) return '';
  return path.startsWith(`${route}/`) ? path.slice(route.length + 1) : null;
}

function lastParts(path: string): string {
  return /(?:^|\/)(-\/(?:health|metrics))$/.exec(path)?.[1] ?? path.slice(path.lastIndexOf('/') + 1);
}

const plainQuery = /^proof=([A-Za-z0-9_-]+)&token=(\d+)$/; // as most ask; URLSearchParams takes longer

/** Proof and token of a query; null for what is not in it. */
export function readQuery(query: string): { proof: string | null; token: string | null } {
  const plain = plainQuery.exec(query);
  if (plain) return { proof: plain[1] as string, token: plain[2] as string };
  const parameters = new URLSearchParams(query);
  return { proof: parameters.get('proof'), token: parameters.get('token') };
}

/** What cannot be decoded stays as it is: no id has a "%", so it is answered like any id nobody has. */
function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
