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

/** The default endpoint, as it turns out to be. It sends no cookies, no referrer, and nothing that needs a preflight. */
export type Endpoint = ReturnType<typeof createEndpoint>;

export function createEndpoint(options: EndpointOptions) {
  const origin = endpointOrigin(options.defaultEndpointConnectHost, options.defaultEndpointConnectPort);
  const base = origin + options.defaultEndpointRoute;
  // Whether it answers batches. A browser does not say whether a backend gave no answer or one without CORS headers:
  // then it is in doubt until a single request tells.
  let batches: 'untried' | 'yes' | 'doubtful' | 'no' = 'untried';
  let wantsHeaders = false;

  async function open(url: string, { signal, priority }: EndpointRequest, init: RequestInit): Promise<Response> {
    try {
      return await (options.fetch ?? globalThis.fetch)(url, {
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        priority,
        signal,
        ...init,
      });
    } catch (cause) {
      if (!signal.aborted) {
        if (init.body && batches === 'untried') batches = 'doubtful';
        // No answer to a single request either: it was the network.
        if (!init.body && batches === 'doubtful') batches = 'untried';
      }
      throw new TransientError(
        'FETCH_FAILED',
        `No answer from ${origin}. Check that the backend runs there, and that its accessControlAllowOrigin allows this page.`,
        { cause },
      );
    }
  }

  function refuse({ status }: Response): PixstoreError {
    return new (passingStatus.includes(status) ? TransientError : PixstoreError)(
      'FETCH_FAILED',
      `${base} answered with HTTP status ${status}. Check that "defaultEndpointConnectHost", "defaultEndpointConnectPort" and "defaultEndpointRoute" lead to pixstore's endpoint.`,
    );
  }

  async function askForOne(request: EndpointRequest, record: ImageRecord): Promise<void> {
    const headers = { 'x-pixstore-proof': record.statelessProof, 'x-pixstore-token': `${record.token}` };
    const response = await open(imageUrl(base, record), request, wantsHeaders ? { headers } : {});
    if (response.status !== 200) throw refuse(response);
    const payload = new Uint8Array(await whole(response.arrayBuffer()));
    if (batches === 'doubtful') batches = 'no';
    if (payload[0] === WirePayloadState.MissingProof && record.statelessProof && !wantsHeaders) {
      // pixstore 3.x does not look at the query.
      wantsHeaders = true;
      return askForOne(request, record);
    }
    request.onPayloads([payload]);
  }

  async function askForMany(request: EndpointRequest): Promise<boolean> {
    const { records, onPayloads } = request;
    const entries = records.map(({ id, token, statelessProof }) => ({ id, token, proof: statelessProof }));
    const response = await open(base, request, { method: 'POST', body: encodeBatchRequest(entries) });
    const { status } = response;
    if (status !== 200) {
      const unknownRoute = status === 404 || status === 405;
      if (passingStatus.includes(status) || (batches === 'yes' && !unknownRoute)) throw refuse(response);
      batches = 'no';
      return false;
    }
    const frames = createFrameDecoder();
    let missing = records.length;
    for await (const chunk of chunksOf(response)) {
      const payloads = frames.push(chunk);
      missing -= payloads.length;
      if (payloads.length) batches = 'yes';
      onPayloads(payloads);
    }
    if (missing <= 0) return true;
    if (batches === 'yes') throw cutOff();
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
      const [record, ...more] = request.records;
      if (record && !more.length) return askForOne(request, record).then(() => true);
      return askForMany(request);
    },
  };
}

// What proxies answer while a backend restarts or is overrun.
const passingStatus = [429, 502, 503, 504];

async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) yield new Uint8Array(await whole(response.arrayBuffer()));
  else {
    for (;;) {
      const { done, value } = await whole(reader.read());
      if (done) return;
      yield value;
    }
  }
}

/** The rest of an answer that has begun. */
function whole<Result>(rest: Promise<Result>): Promise<Result> {
  return rest.catch((cause) => {
    throw cutOff(cause);
  });
}

function cutOff(cause?: unknown): TransientError {
  return new TransientError('FETCH_FAILED', 'The answer was cut off. Check the network.', { cause });
}
