import type { CheckedOptions } from '../config.js';
import { ok, type Said, warning, wrong } from './finding.js';
import { offBy } from './surroundings.js';

const patience = 5_000; // ms

/** How pages reach the endpoint. @param url - of the endpoint, as pages have it */
export async function checkEndpoint(options: CheckedOptions, url: string | undefined): Promise<Said> {
  if (url === undefined) return checkListening(options);
  if (!URL.canParse(url))
    return wrong(
      'The URL of the endpoint is none.',
      'Say it as pages have it, such as "https://example.com/pixstore-image".',
    );
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return askServer(url, options.now);
  if (isLocal(hostname)) return ok('The endpoint is on this machine, where pages may use http.');
  return wrong(
    'Pages reach the endpoint by http: who is on the way can use their records, and browsers give such pages no crypto.subtle.',
    'Put TLS before it, for pages and endpoint.',
  );
}

function checkListening({ defaultEndpointEnabled, defaultEndpointListenHost: host }: CheckedOptions): Said {
  if (!defaultEndpointEnabled) return ok('Images are served by a server of the application: see to TLS there.');
  if (isLocal(host)) return ok('The default endpoint listens on this machine alone.');
  return warning(
    `The default endpoint speaks http, on ${host}.`,
    'Have a proxy with TLS before it, and let it listen on 127.0.0.1. Say --url to check what pages see.',
  );
}

/** Does it answer, and is its clock right? */
async function askServer(url: string, now: () => number): Promise<Said> {
  try {
    const { headers } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(patience) });
    const told = Date.parse(headers.get('date') ?? '');
    const apart = Math.abs(told - now()) / 1000;
    return apart > 5 ? offBy(apart, 'the server that pages reach') : ok('The endpoint answers by https.');
  } catch (error) {
    const { code, name } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return wrong(
      `The endpoint does not answer (${code ?? name}).`,
      'Check the URL, the certificate, and that the server runs.',
    );
  }
}

/** Which pages may read answers. */
export function checkOrigins({ accessControlAllowOrigin }: CheckedOptions): Said {
  if (![accessControlAllowOrigin].flat().includes('*'))
    return ok('Only pages of the origins that are named may fetch images.');
  return warning(
    'Pages of all origins may fetch images (accessControlAllowOrigin is "*"): whoever gets hold of a record can show it anywhere.',
    'Name the origins of your pages.',
  );
}

/** Are proofs asked for? */
export function checkProofs({ statelessKeyWindowLength }: CheckedOptions): Said {
  if (statelessKeyWindowLength !== -1) return ok('Images are served for proofs only.');
  return warning(
    'Proofs are switched off (statelessKeyWindowLength is -1): whoever knows the id of an image is served it.',
    'Leave the option out, unless something else checks who asks.',
  );
}

function isLocal(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/.test(host) || host.endsWith('.localhost');
}
