import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { decodeBatchRequest } from '../../shared/protocol/batch.js';
import { type BareState, WirePayloadState } from '../../shared/protocol/states.js';
import type { Audience } from '../keys/audience.js';
import { type AnswerSlot, createAnswerSlots } from './answer-slots.js';
import { audienceAt, createAuthorisedAnswers, type OnServed, type Visitor } from './authorised-answers.js';
import { batchFrames, readEntry } from './batch.js';
import { batchCrowdedOut, batchFailures } from './batch-errors.js';
import { payloadStream } from './body-stream.js';
import { allowedMethods, type CorsOptions, createCommonHeaders, imageMethods, preflightHeaders } from './cors.js';
import type { EndpointRequest, HandlerContext } from './handler.js';
import type { Turn } from './hot-reads.js';
import { type Answer, type AnswerImage, collectPayload, type ImageRequest } from './image-answer.js';
import type { LoadLimits } from './load-limit.js';
import { createPages, type PagesOptions } from './pages.js';
import { createRateLimit, type RateLimitSettings } from './rate-limit.js';
import { readBody } from './read-body.js';
import { createReadingLimit } from './reading-limit.js';
import { binaryReply, blameReply, busyReply, type HeaderList, nothingHeld, type Reply, textReply } from './reply.js';
import { createServingCounters, type ServingStats } from './serving-stats.js';
import { readQuery, readTarget, type Target } from './target.js';

export interface EndpointOptions extends Omit<PagesOptions, 'metrics'>, CorsOptions {
  answer: AnswerImage;
  /** How many look-ups had better be asked for in one turn of the loop. */
  lookUpsAtOnce(): MaybePromise<number>;
  /** The page of metrics, from what was served; null when there is none. */
  metrics: ((served: EndpointStats) => Promise<string>) | null;
  acceptProofsInQuery: boolean;
  loadLimits: LoadLimits;
  rateLimit: RateLimitSettings | undefined;
  /** ms since 1970. */
  now(): number;
  onServed: OnServed;
  /** Told of what fails inside; the client learns no more than that it did. */
  onError(error: unknown): void;
}

/** The endpoint behind all handlers: from a request to what is sent back, over no transport in particular. */
export interface Endpoint {
  /** Never throws and never rejects, whatever is asked; at once, when all it takes is in memory. */
  handle(request: EndpointRequest, context: HandlerContext): MaybePromise<Reply>;
  /** To be told of what fails while a reply is sent. */
  report(error: unknown): void;
  /**
   * One image, for an application that does the rest itself.
   *
   * @throws PixstoreError `TOKEN_INVALID`, or what the store throws
   */
  payload(request: ImageRequest): Promise<Uint8Array>;
  /**
   * The frames of a batch, the same way.
   *
   * @throws PixstoreError `BATCH_INVALID`
   */
  frames(body: string, audience: Audience): Promise<AsyncGenerator<Uint8Array>>;
  stats(): EndpointStats;
}

/** What was served since the endpoint was made; `open`: answers on their way, and what they hold in memory. */
export type EndpointStats = ServingStats & { open: LoadLimits };

// 256 entries with ids, tokens and proofs of the greatest length take less.
const maxBatchBytes = 256 * 1024;

// Of bodies that are not whole yet.
const readingLimits = { bodies: 1_000, bytes: 64 * 1024 * 1024 };

// What a slow client makes us hold, about: a chunk of a large image; the block of a batch and the answers ahead.
const chunkHeld = 64 * 1024;
const batchHeld = 1024 * 1024;

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { onError, now } = options;
  const mayAsk = createRateLimit(options.rateLimit, onError);
  const headersFor = createCommonHeaders(options);
  const readingLimit = createReadingLimit(readingLimits);
  const counters = createServingCounters();
  const slots = createAnswerSlots(options.loadLimits, counters);
  const { serve, serveAt, refuse } = createAuthorisedAnswers(options.answer, counters, options.onServed);
  const stats = (): EndpointStats => ({ ...counters.stats(), open: slots.load() });
  const { metrics } = options;
  const pages = createPages({ ...options, metrics: metrics && (() => metrics(stats())) });

  function handle(request: EndpointRequest, context: HandlerContext): MaybePromise<Reply> {
    return recover(
      () => dispatch(request, context),
      (error) => failureReply(error, request, headersFor(request)),
    );
  }

  function dispatch(request: EndpointRequest, context: HandlerContext): MaybePromise<Reply> {
    const headers = headersFor(request);
    const { method } = request;
    const target = readTarget(request.target, context.route);
    if (!target) return textReply(404, 'Not found.', headers);
    if (method === 'OPTIONS') {
      return {
        status: 204,
        headers: [
          ...headers,
          ...preflightHeaders(options.accessControlAllowHeaders, Boolean(context.authorize ?? context.audience)),
        ],
        body: [],
        sending: nothingHeld,
      };
    }
    if (method === 'GET' || method === 'HEAD') {
      if (target.kind === 'health') return pages.health(headers);
      if (target.kind === 'metrics') return pages.metrics(context, headers);
      return admitted(headers, imageReply, { request, context, client: context.client?.() }, target);
    }
    // Where the application has mounted us, batches may be sent to any path.
    const takesBatches = target.kind === 'route' || context.route === undefined;
    if (method === 'POST' && takesBatches) {
      return withBody(headers, { request, context, client: context.client?.() });
    }
    const allowed = takesBatches ? allowedMethods : imageMethods;
    return textReply(405, 'Use GET for an image, POST for a batch.', [...headers, 'Allow', allowed]);
  }

  /** Reads a body and answers it. Who sends one slowly takes no slot from those who ask for images. */
  async function withBody(headers: HeaderList, caller: Caller): Promise<Reply> {
    const { request, context, client = '' } = caller;
    const body = await readBody(request, {
      limit: maxBatchBytes,
      patience: context.timeouts.body,
      begin: (giveUp) => readingLimit.begin(client, () => giveUp(batchCrowdedOut())),
      failures: batchFailures,
    });
    return admitted(headers, batchReply, caller, body.toString());
  }

  type Work<Asked> = (caller: Caller, asked: Asked, slot: AnswerSlot, headers: HeaderList) => MaybePromise<Reply>;

  /** Takes a slot for an answer and, when it fails, gives it back. */
  function admitted<Asked>(headers: HeaderList, work: Work<Asked>, caller: Caller, asked: Asked): MaybePromise<Reply> {
    const { request, context, client } = caller;
    const slot = slots.take(request, context, client);
    if (!slot) {
      return request.method === 'POST' ? busyReply(headers) : stateReply(WirePayloadState.RateLimited, headers);
    }
    const failed = (error: unknown) => {
      slot.release();
      return failureReply(error, request, headers);
    };
    return recover(() => work(caller, asked, slot, headers), failed);
  }

  function failureReply(error: unknown, { method }: EndpointRequest, headers: HeaderList): Reply {
    const blame = blameReply(error, headers);
    if (blame) return blame;
    onError(error);
    // A batch has no state as a whole.
    if (method === 'POST') return textReply(500, 'The batch could not be answered.', headers);
    return stateReply(WirePayloadState.InternalError, headers);
  }

  function imageReply({ request, context, client }: Caller, target: Target, slot: AnswerSlot, headers: HeaderList) {
    const arrivedAt = now();
    const { proof, token } = readQuery(options.acceptProofsInQuery && 'query' in target ? target.query : '');
    const image = {
      id: target.kind === 'image' ? target.id : '',
      token: request.header('x-pixstore-token') ?? token,
      proof: request.header('x-pixstore-proof') ?? proof,
      arrivedAt,
    };
    const send = ({ length, pieces, rest }: Answer) => {
      const inMemory = pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (slot.hold(rest ? inMemory + chunkHeld : inMemory)) {
        const body = rest ? payloadStream(pieces, rest) : pieces;
        return binaryReply(body, length, headers, slot.sending(rest && (() => void rest.close())));
      }
      void rest?.close();
      slot.release();
      return stateReply(WirePayloadState.RateLimited, headers);
    };
    const answered = andThen(mayAsk(client, 1, context.timeouts.checks), (isAllowed) =>
      isAllowed
        ? andThen(audienceAt(context), (who) => serveAt(context, who, image))
        : refuse(WirePayloadState.RateLimited),
    );
    return andThen(answered, send);
  }

  async function batchReply({ context, client }: Caller, body: string, slot: AnswerSlot, headers: HeaderList) {
    const arrivedAt = now();
    const entries = decodeBatchRequest(body);
    const isAllowed = await mayAsk(client, entries.length, context.timeouts.checks);
    const who = await recover<Visitor | typeof nobodyKnows>(
      () => audienceAt(context),
      (error) => {
        onError(error);
        return nobodyKnows;
      },
    );
    if (!slot.hold(batchHeld)) {
      slot.release();
      return busyReply(headers);
    }
    const answer = (entry: unknown, turn: Turn) => {
      if (!isAllowed) return refuse(WirePayloadState.RateLimited);
      if (who === nobodyKnows) return refuse(WirePayloadState.InternalError);
      return answerEntry(entry, context, who, { arrivedAt, turn });
    };
    const frames = batchFrames(entries, answer, await begunTogether());
    return binaryReply(frames, undefined, headers, slot.sending());
  }

  /** One bad entry spoils only its own frame. Its proof counts as of when the batch arrived, however long others take. */
  function answerEntry(
    entry: unknown,
    context: Pick<HandlerContext, 'authorize'>,
    who: Visitor,
    batch: Pick<ImageRequest, 'arrivedAt' | 'turn'>,
  ): MaybePromise<Answer> {
    const failed = (error: unknown) => {
      if (error instanceof PixstoreError && error.code === 'TOKEN_INVALID')
        return refuse(WirePayloadState.InvalidProof);
      onError(error);
      return refuse(WirePayloadState.InternalError);
    };
    const { id, token, proof } = readEntry(entry);
    return recover(() => serveAt(context, who, { id, token, proof, ...batch }), failed);
  }

  /** Where the store cannot be opened, each entry is told so. */
  const begunTogether = (): MaybePromise<number> => recover(options.lookUpsAtOnce, () => 1);

  function stateReply(state: BareState, headers: HeaderList): Reply {
    const { pieces, length } = refuse(state);
    return binaryReply(pieces, length, headers);
  }

  return {
    handle,
    payload: async (request) => collectPayload(await serve(request)),
    async frames(body, audience) {
      const arrivedAt = now();
      const entries = decodeBatchRequest(body);
      const answer = (entry: unknown, turn: Turn) => answerEntry(entry, {}, audience, { arrivedAt, turn });
      return batchFrames(entries, answer, await begunTogether());
    },
    report: onError,
    stats,
  };
}

/** Said of who asks when the application failed to tell. */
const nobodyKnows = Symbol('the audience is not known');

/** Who asks, and through which handler. */
interface Caller {
  request: EndpointRequest;
  context: HandlerContext;
  /** Undefined when nobody is counted. */
  client: string | undefined;
}
