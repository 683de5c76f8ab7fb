import { createFrameDecoder, encodeBatchRequest } from '../../shared/protocol/batch.js';
import type { ImageRecord } from '../../types/index.js';
import { createBatchSupport } from './batch-support.js';
import type { FetchPriority } from './demand.js';
import { endpointOrigin, sameOrigin } from './endpoint-url.js';
import { FetchError, nothing } from './errors.js';
import { errorOf, isAboutBatches } from './http-status.js';
import { readChunks, readWhole } from './read-body.js';

/** Where the default endpoint is, and by what it is asked. */
export interface EndpointOptions {
  /**
   * Host of the default endpoint: `img.example.com`, `https://img.example.com`, `http://[::1]:8080`. A port written
   * here wins over `defaultEndpointConnectPort`. Without a scheme: https on a page over https, else http. `same-origin` is
   * the origin that the page came from, with its port; on a server, that draws the page and asks for no image, it is taken
   * as well. Required unless a fetcher is given.
   */
  defaultEndpointConnectHost?: string;
  /**
   * Port of the default endpoint, whatever the scheme. Default 7482; behind a TLS proxy say 443, or write
   * `https://img.example.com:443` as the host.
   */
  defaultEndpointConnectPort: number;
  /** Default `/pixstore-image`. */
  defaultEndpointRoute: string;
  /** Used by the default fetcher instead of the global `fetch`. It has to pass on `init`, with its headers. */
  fetch?: typeof fetch;
  /** The clock, in milliseconds. */
  now: () => number;
}

/** How a request goes about it. */
export interface EndpointRequestInit {
  priority: FetchPriority;
  signal: AbortSignal;
}

/** Told of every chunk of bytes, with the payloads that are whole with it, in the order of the records. */
export type OnBytes = (payloads: Uint8Array[]) => void;

/**
 * The default endpoint. A proof never goes into a URL: those are kept by the browser (`performance.getEntries`), by its
 * tools and by proxies. To the page's own origin one image is asked for by headers. To another origin they would cost a
 * preflight for every image, so that it is a batch of one. Neither cookies nor a referrer are sent, and no redirect is
 * followed, which would carry the proof elsewhere: where there is one, the same path is asked with a slash at its end, or
 * without it again, since that is what frameworks redirect for.
 */
export type Endpoint = ReturnType<typeof createEndpoint>;

export function createEndpoint(options: EndpointOptions) {
  // No configuration is without a host that makes an endpoint.
  const { defaultEndpointConnectHost: host = '', defaultEndpointConnectPort: port } = options;
  const base = endpointOrigin(host, port) + options.defaultEndpointRoute;
  const isOwnOrigin = host === sameOrigin || new URL(base).origin === globalThis.origin;
  const batches = createBatchSupport(options.now);
  let pathEnd = '';

  /** @throws FetchError, also for another status than 200 */
  async function send(url: string, init: RequestInit): Promise<Response> {
    // Asynchronous, since one of the application's own may throw before it promises anything.
    const fetching = async (end: string) =>
      (options.fetch ?? fetch)(url + end, {
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'manual',
        referrerPolicy: 'no-referrer',
        ...init,
      });
    for (const end of [pathEnd, pathEnd ? '' : '/']) {
      const response = await fetching(end).catch(unanswered);
      if (response.status === 200) {
        pathEnd = end;
        return response;
      }
      // Of a redirect that is not followed, browsers say 0.
      if (response.status) throw errorOf(response, base, options.now());
    }
    return unanswered();
  }

  function unanswered(cause?: unknown): never {
    const hint = 'check accessControlAllowOrigin and redirects';
    throw new FetchError('FETCH_FAILED', `No answer from ${base}, or cut off: ${hint}.`, { cause });
  }

  async function askForOne(record: ImageRecord, init: EndpointRequestInit, onBytes: OnBytes): Promise<void> {
    const headers = { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': String(record.token) };
    const response = await send(`${base}/${encodeURIComponent(record.id)}`, { ...init, headers });
    onBytes([await readWhole(response, () => onBytes([])).catch(unanswered)]);
  }

  async function askForBatch(
    records: readonly ImageRecord[],
    init: EndpointRequestInit,
    onBytes: OnBytes,
  ): Promise<void> {
    const images = records.map(({ id, token, statelessProof: proof }) => ({ id, token, proof }));
    const response = await send(base, { ...init, method: 'POST', body: encodeBatchRequest(images) });
    const payloadsIn = createFrameDecoder();
    let missing = records.length;
    await readChunks(response, (chunk) => {
      const payloads = payloadsIn(chunk);
      missing -= payloads.length;
      onBytes(payloads);
    }).catch(unanswered);
    if (missing > 0) unanswered();
    // It showed no progress, and would not for others: those that wait behind the first need it.
    if (!response.body) batches.refused();
  }

  return {
    /** May a request ask for more than one image? */
    takesBatches: batches.takesBatches,

    /**
     * Asks for images. When the endpoint turns out to take no batches, some or all are still to be asked for.
     *
     * @throws FetchError `FETCH_FAILED`
     */
    async ask(records: readonly ImageRecord[], init: EndpointRequestInit, onBytes: OnBytes): Promise<void> {
      const first = records[0] as ImageRecord;
      if (records.length === 1 && (isOwnOrigin || !batches.takesBatches())) return askForOne(first, init, onBytes);
      const wasInDoubt = batches.isInDoubt();
      let isAnswered = false;
      try {
        await askForBatch(records, init, (payloads) => {
          if (payloads.length > 0) {
            isAnswered = true;
            batches.answered();
          }
          onBytes(payloads);
        });
      } catch (failure) {
        if (init.signal.aborted || isAnswered || !isAboutBatches(failure)) throw failure;
        // Once may be chance.
        if (failure.answered === nothing && !wasInDoubt) {
          batches.doubt();
          throw failure;
        }
        // One image by itself tells whether it is batches that are refused, or everything.
        await askForOne(first, init, onBytes).catch(() => {
          throw failure;
        });
        batches.refused();
      }
    },
  };
}
