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

/** One request to the endpoint. */
export interface EndpointRequest {
  records: readonly ImageRecord[];
  priority: FetchPriority;
  signal: AbortSignal;
  /** Told of every chunk of bytes, with the payloads that are whole with it, in the order of the records. */
  onPayloads(payloads: Uint8Array[]): void;
}

/** The default endpoint, as it turns out to be. It is sent no cookies, no referrer, and nothing that needs a preflight. */
export type Endpoint = ReturnType<typeof createEndpoint>;

// What proxies answer while a backend restarts or is overrun.
const passingStatus = [429, 502, 503, 504];

export function createEndpoint(options: EndpointOptions) {
  const base =
    endpointOrigin(options.defaultEndpointConnectHost, options.defaultEndpointConnectPort) +
    options.defaultEndpointRoute;
  // Does it take batches? A browser does not tell a backend that gave no answer from one whose answer has no CORS
  // headers: then it is in doubt until a single request tells.
  let takesBatches: boolean | undefined;
  let inDoubt = false;

  async function send({ records, priority, signal }: EndpointRequest, isBatch: boolean): Promise<Response> {
    const [first] = records as [ImageRecord];
    const entries = records.map(({ id, token, statelessProof }) => ({ id, token, proof: statelessProof }));
    try {
      const response = await (options.fetch ?? fetch)(isBatch ? base : imageUrl(base, first), {
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        priority,
        signal,
        ...(isBatch && { method: 'POST', body: encodeBatchRequest(entries) }),
      });
      if (inDoubt && !isBatch) takesBatches ??= false;
      return response;
    } catch (error) {
      // When a single request gets no answer either, it was the network.
      inDoubt = isBatch && !signal.aborted;
      throw error;
    }
  }

  /** False when this is no answer to a batch, or cannot be read as it comes in. */
  async function readBatch({ body }: Response, { records, onPayloads }: EndpointRequest): Promise<boolean> {
    const payloadsIn = createFrameDecoder();
    const reader = body?.getReader();
    let missing = records.length;
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
      const payloads = payloadsIn(part.value);
      missing -= payloads.length;
      if (payloads.length) takesBatches = true;
      onPayloads(payloads);
    }
    if (missing > 0 && takesBatches) throw new Error('cut off');
    return missing <= 0;
  }

  async function ask(request: EndpointRequest): Promise<boolean> {
    const isBatch = request.records.length > 1;
    const response = await send(request, isBatch);
    const { status } = response;
    const isPassing = passingStatus.includes(status);
    if (status === 200) {
      if (!isBatch) request.onPayloads([new Uint8Array(await response.arrayBuffer())]);
      if (!isBatch || (await readBatch(response, request))) return true;
    } else if (!isBatch || isPassing || (takesBatches && status !== 404 && status !== 405)) {
      const Refusal = isPassing ? TransientError : PixstoreError;
      throw new Refusal('FETCH_FAILED', `HTTP status ${status} from ${base}.`);
    }
    takesBatches = false;
    return false;
  }

  return {
    /** May a request ask for more than one image? */
    takesBatches: () => takesBatches ?? !inDoubt,

    /**
     * Asks for images.
     *
     * @returns false when the endpoint knows no batches, so that they must be asked for one by one
     * @throws PixstoreError `FETCH_FAILED`, a TransientError when asking again may help
     */
    async ask(request: EndpointRequest): Promise<boolean> {
      try {
        return await ask(request);
      } catch (cause) {
        if (cause instanceof PixstoreError) throw cause;
        throw new TransientError(
          'FETCH_FAILED',
          `No answer from ${base}, or cut off: see that it is up and its accessControlAllowOrigin allows this page.`,
          { cause },
        );
      }
    },
  };
}
