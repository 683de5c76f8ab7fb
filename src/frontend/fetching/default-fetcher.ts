import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import type { FrontendOptions } from '../config.js';
import { endpointOrigin, imageUrl } from './endpoint-url.js';

/** What the default fetcher needs to know. */
export type EndpointOptions = Pick<FrontendOptions, 'defaultEndpointConnectPort' | 'defaultEndpointRoute' | 'fetch'> & {
  defaultEndpointConnectHost: string;
};

/**
 * The fetcher that asks pixstore's own endpoint, one GET per image. It sends no cookies, no referrer and no custom
 * headers.
 *
 * @returns a fetcher that rejects with PixstoreError `FETCH_FAILED`
 */
export function createDefaultFetcher(options: EndpointOptions) {
  const origin = endpointOrigin(options.defaultEndpointConnectHost, options.defaultEndpointConnectPort);
  const base = origin + options.defaultEndpointRoute;
  const init: RequestInit = { cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' };

  return async (record: ImageRecord, _context: unknown, signal: AbortSignal): Promise<Uint8Array> => {
    const request = options.fetch ?? globalThis.fetch;
    let status: number;
    try {
      const response = await request(imageUrl(base, record), { ...init, signal });
      if (response.status === 200) return new Uint8Array(await response.arrayBuffer());
      status = response.status;
    } catch (cause) {
      throw new PixstoreError(
        'FETCH_FAILED',
        `No answer from ${origin}. Check that the backend runs there, and that its accessControlAllowOrigin allows this page.`,
        { cause },
      );
    }
    throw new PixstoreError(
      'FETCH_FAILED',
      `${base} answered with HTTP status ${status}. Check that "defaultEndpointConnectHost", "defaultEndpointConnectPort" and "defaultEndpointRoute" lead to pixstore's endpoint.`,
    );
  };
}
