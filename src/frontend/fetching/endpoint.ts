import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { createFrameDecoder, encodeBatchRequest } from '../../shared/wire/batch.js';
import type { ImageRecord } from '../../types/index.js';
import type { FrontendOptions } from '../config.js';
import type { FetchPriority } from './demand.js';
import { endpointOrigin, imageUrl } from './endpoint-url.js';
import { TransientError } from './errors.js';

/** What is needed to talk to the default endpoint. */
export type EndpointOptions = Pick<FrontendOptions, 'defaultEndpointConnectPort' | 'defaultEndpointRoute' | 'fetch'> & {
  defaultEndpointConnectHost: string;
};

/** How a request goes about it. */
export interface EndpointRequestInit {
  priority: FetchPriority;
  signal: AbortSignal;
}

/** The default endpoint, as it turns out to be. It is sent no cookies, no referrer, and nothing that needs a preflight. */
export type Endpoint = ReturnType<typeof createEndpoint>;

export function createEndpoint(options: EndpointOptions) {
  const base =
    endpointOrigin(options.defaultEndpointConnectHost, options.defaultEndpointConnectPort) +
    options.defaultEndpointRoute;
  // Does it take batches? A browser does not tell a backend that gave no answer from one whose answer has no CORS
  // headers: then it is in doubt until a single request tells.
  let takesBatches: boolean | undefined;
  let inDoubt = false;

  return {
    /** May a request ask for more than one image? */
    takesBatches: () => takesBatches ?? !inDoubt,

    /**
     * Asks for images. When the endpoint turns out to know no batches, they are still to be asked for, one by one.
     *
     * @param onPayloads - told of every chunk of bytes, with the payloads that are whole with it, in the order of the
     * records
     * @throws PixstoreError `FETCH_FAILED`, a TransientError when asking again may help
     */
    async ask(
      records: readonly ImageRecord[],
      init: EndpointRequestInit,
      onPayloads: (payloads: Uint8Array[]) => void,
    ): Promise<void> {
      const isBatch = records.length > 1;
      let response: Response | undefined;
      try {
        response = await (options.fetch ?? fetch)(isBatch ? base : imageUrl(base, records[0] as ImageRecord), {
          cache: 'no-store',
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
          ...init,
          ...(isBatch && {
            method: 'POST',
            body: encodeBatchRequest(records.map(({ id, token, statelessProof: proof }) => ({ id, token, proof }))),
          }),
        });
        if (inDoubt && !isBatch) takesBatches ??= false;
        if (response.status === 200) {
          if (!isBatch) return onPayloads([new Uint8Array(await response.arrayBuffer())]);
          const payloadsIn = createFrameDecoder();
          const reader = response.body?.getReader();
          let missing = records.length;
          for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
            const payloads = payloadsIn(part.value);
            missing -= payloads.length;
            if (payloads.length) takesBatches = true;
            onPayloads(payloads);
          }
          if (missing <= 0) return;
          if (takesBatches) throw new Error('cut off');
          // Otherwise it was no answer to a batch, or it cannot be read as it comes in.
        }
      } catch (cause) {
        // When a single request gets no answer either, it was the network.
        if (!response) inDoubt = isBatch && !init.signal.aborted;
        throw new TransientError(
          'FETCH_FAILED',
          `No answer from ${base}, or cut off: check its accessControlAllowOrigin.`,
          { cause },
        );
      }
      const { status } = response;
      // What proxies answer while a backend restarts or is overrun.
      const isPassing = [429, 502, 503, 504].includes(status);
      if (isBatch && !isPassing && (!takesBatches || status === 404 || status === 405)) takesBatches = false;
      else
        throw new (isPassing ? TransientError : PixstoreError)('FETCH_FAILED', `HTTP status ${status} from ${base}.`);
    },
  };
}
