import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { createFrameDecoder, encodeBatchRequest } from '../../shared/wire/batch.js';
import { WirePayloadState } from '../../shared/wire/states.js';
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
  let batches: 'untried' | 'yes' | 'doubtful' | 'no' = 'untried';
  let wantsHeaders = false;

  async function open(url: string, { signal, priority }: EndpointRequest, init?: RequestInit): Promise<Response> {
    const send = options.fetch ?? fetch;
    let answered = false;
    try {
      const response = await send(url, {
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        priority,
        signal,
        ...init,
      });
      answered = true;
      return response;
    } finally {
      // No answer to a single request either: it was the network.
      if (!init?.body && batches === 'doubtful') batches = answered ? 'no' : 'untried';
      if (init?.body && !answered && !signal.aborted && batches === 'untried') batches = 'doubtful';
    }
  }

  function refusal({ status }: Response): PixstoreError {
    return new (passingStatus.includes(status) ? TransientError : PixstoreError)(
      'FETCH_FAILED',
      `${base} answered with HTTP status ${status}.`,
    );
  }

  async function askForOne(request: EndpointRequest): Promise<boolean> {
    const [record] = request.records as [ImageRecord];
    const headers = { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': `${record.token}` };
    const response = await open(imageUrl(base, record), request, wantsHeaders ? { headers } : undefined);
    if (response.status !== 200) throw refusal(response);
    const payload = new Uint8Array(await response.arrayBuffer());
    if (payload[0] === WirePayloadState.MissingProof && record.statelessProof && !wantsHeaders) {
      // pixstore 3.x does not look at the query.
      wantsHeaders = true;
      return askForOne(request);
    }
    request.onPayloads([payload]);
    return true;
  }

  async function askForMany(request: EndpointRequest): Promise<boolean> {
    const { records, onPayloads } = request;
    const entries = records.map(({ id, token, statelessProof }) => ({ id, token, proof: statelessProof }));
    const response = await open(base, request, { method: 'POST', body: encodeBatchRequest(entries) });
    const { status } = response;
    if (status === 200) {
      const frames = createFrameDecoder();
      let missing = records.length;
      for await (const chunk of chunksOf(response)) {
        const payloads = frames.push(chunk);
        missing -= payloads.length;
        if (payloads.length) batches = 'yes';
        onPayloads(payloads);
      }
      if (missing <= 0) return true;
      if (batches === 'yes') throw new Error('cut off');
    } else if (passingStatus.includes(status) || (batches === 'yes' && status !== 404 && status !== 405)) {
      throw refusal(response);
    }
    batches = 'no';
    return false;
  }

  return {
    /** May a request ask for more than one image? */
    takesBatches: () => batches === 'untried' || batches === 'yes',

    /**
     * Asks for images.
     *
     * @returns false when the endpoint knows no batches, so that they must be asked for one by one
     * @throws PixstoreError `FETCH_FAILED`, a TransientError when asking again may help
     */
    async ask(request: EndpointRequest): Promise<boolean> {
      try {
        return await (request.records.length > 1 ? askForMany : askForOne)(request);
      } catch (cause) {
        if (cause instanceof PixstoreError) throw cause;
        throw new TransientError(
          'FETCH_FAILED',
          `No answer from ${base}, or it was cut off. Check that the backend runs, and that its accessControlAllowOrigin allows this page.`,
          { cause },
        );
      }
    },
  };
}

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) yield new Uint8Array(await response.arrayBuffer());
  else for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
