import { performance } from 'node:perf_hooks';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { decodeBatchRequest } from '../../shared/wire/batch.js';
import { type BareState, WirePayloadState } from '../../shared/wire/states.js';
import type { Audience } from '../keys/audience.js';
import { type Answer, type AnswerImage, collectPayload, type ImageRequest } from './answer.js';
import { batchFrames, readEntry } from './batch.js';
import { payloadStream, reporting } from './body-stream.js';
import { allowedMethods, createCommonHeaders, imageMethods, preflightHeaders } from './cors.js';
import type { Door, EndpointRequest } from './door.js';
import { createLoadLimit, type LoadLimits, type Place } from './load-limit.js';
import { createPages, type PagesOptions } from './pages.js';
import { mayAsk, type RateLimiter } from './rate-limit.js';
import { binaryReply, blameReply, busyReply, type HeaderList, type Reply, textReply } from './reply.js';
import { audienceAt, createServe, type OnServed, type Visitor } from './serve.js';
import { createServingCounters, type ServingStats } from './serving-stats.js';
import { readQuery, readTarget, type Target } from './target.js';

export interface EndpointOptions extends PagesOptions {
  answer: AnswerImage;
  accessControlAllowOrigin: string | string[];
  acceptProofsInQuery: boolean;
  loadLimits: LoadLimits;
  rateLimiter: RateLimiter | undefined;
  onServed: OnServed;
  /** Told of what fails inside; the client learns no more than that it did. */
  onError(error: unknown): void;
}

/** The endpoint behind all doors: from a request to what is sent back, over no transport in particular. */
export interface Endpoint {
  /** Never throws and never rejects, whatever is asked; at once, when all it takes is in memory. */
  handle(request: EndpointRequest, door: Door): MaybePromise<Reply>;
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
  frames(body: string, audience: Audience): AsyncGenerator<Uint8Array>;
  stats(): ServingStats & { open: LoadLimits };
}

// 256 entries with ids, tokens and proofs of the greatest length take less.
const maxBatchBytes = 256 * 1024;

// What a slow client makes us hold, about: a chunk of a large image; the block of a batch and the answers ahead.
const chunkHeld = 64 * 1024;
const batchHeld = 1024 * 1024;

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { rateLimiter, onError } = options;
  const headersFor = createCommonHeaders(options.accessControlAllowOrigin);
  const limit = createLoadLimit(options.loadLimits);
  const readingLimit = createLoadLimit(options.loadLimits);
  const counters = createServingCounters();
  const { serve, serveAt, refuse } = createServe(options.answer, counters, options.onServed);
  const pages = createPages(options);

  function handle(request: EndpointRequest, door: Door): MaybePromise<Reply> {
    const headers = headersFor(request);
    const { method } = request;
    const target = readTarget(request.target, door.route);
    if (!target) return textReply(404, 'Not found.', headers);
    if (method === 'OPTIONS') {
      return { status: 204, headers: [...headers, ...preflightHeaders(Boolean(door.authorize))], body: [], done() {} };
    }
    if (method === 'GET' || method === 'HEAD') {
      if (target.kind === 'health') return pages.health(headers);
      if (target.kind === 'metrics') return pages.metrics(headers);
      return admitted(headers, imageReply, request, door, target);
    }
    // Where the application has mounted us, batches may be sent to any path.
    const takesBatches = target.kind === 'route' || door.route === undefined;
    if (method === 'POST' && takesBatches) {
      return withBody(headers, request, (body) => admitted(headers, batchReply, request, door, body));
    }
    const allowed = takesBatches ? allowedMethods : imageMethods;
    return textReply(405, 'Use GET for an image, POST for a batch.', [...headers, 'Allow', allowed]);
  }

  /** Reads a body. Who sends one slowly takes no place from those who ask for images. */
  async function withBody(
    headers: HeaderList,
    request: EndpointRequest,
    work: (body: string) => MaybePromise<Reply>,
  ): Promise<Reply> {
    const place = readingLimit.enter();
    if (!place) return busyReply(headers);
    let body: string;
    try {
      body = await request.text(maxBatchBytes);
    } catch (error) {
      return failureReply(error, headers);
    } finally {
      place.leave();
    }
    return work(body);
  }

  type Work<Asked> = (request: EndpointRequest, door: Door, asked: Asked, room: Room) => MaybePromise<Reply>;

  /** Finds room for an answer and, when it fails, gives the room up. */
  function admitted<Asked>(
    headers: HeaderList,
    work: Work<Asked>,
    request: EndpointRequest,
    door: Door,
    asked: Asked,
  ): MaybePromise<Reply> {
    const begun = performance.now();
    const place = limit.enter();
    if (!place)
      return request.method === 'POST' ? busyReply(headers) : stateReply(WirePayloadState.RateLimited, headers);
    const leave = () => {
      if (place.leave()) counters.countRequest(begun);
    };
    const failed = (error: unknown) => {
      leave();
      return failureReply(error, headers);
    };
    return recover(() => work(request, door, asked, { headers, hold: place.hold, leave }), failed);
  }

  function failureReply(error: unknown, headers: HeaderList): Reply {
    const blame = blameReply(error, headers);
    if (blame) return blame;
    onError(error);
    return stateReply(WirePayloadState.InternalError, headers);
  }

  function imageReply(request: EndpointRequest, door: Door, target: Target, { headers, hold, leave }: Room) {
    const { proof, token } = readQuery(options.acceptProofsInQuery && 'query' in target ? target.query : '');
    const image = {
      id: target.kind === 'image' ? target.id : '',
      token: request.header('x-pixstore-token') ?? token,
      proof: request.header('x-pixstore-proof') ?? proof,
    };
    const send = ({ length, pieces, rest }: Answer) => {
      const inMemory = pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (hold(rest ? inMemory + chunkHeld : inMemory)) {
        const done = rest ? () => void rest.close().finally(leave) : leave;
        return binaryReply(rest ? reporting(payloadStream(pieces, rest), onError) : pieces, length, headers, done);
      }
      void rest?.close();
      leave();
      return stateReply(WirePayloadState.RateLimited, headers);
    };
    const admission = rateLimiter ? mayAsk(rateLimiter, door.client?.(), 1) : true;
    const answered = andThen(admission, (isAllowed) =>
      isAllowed ? andThen(audienceAt(door), (who) => serveAt(door, who, image)) : refuse(WirePayloadState.RateLimited),
    );
    return andThen(answered, send);
  }

  async function batchReply(_: EndpointRequest, door: Door, body: string, { headers, hold, leave }: Room) {
    const entries = decodeBatchRequest(body);
    const isAllowed = await mayAsk(rateLimiter, door.client?.(), entries.length);
    const who = await audienceAt(door);
    if (!hold(batchHeld)) {
      leave();
      return busyReply(headers);
    }
    const frames = batchFrames(entries, (entry) =>
      isAllowed ? answerEntry(entry, door, who) : refuse(WirePayloadState.RateLimited),
    );
    return binaryReply(reporting(frames, onError), undefined, headers, leave);
  }

  /** One bad entry spoils only its own frame. */
  function answerEntry(entry: unknown, door: Door, who: Visitor): MaybePromise<Answer> {
    const failed = (error: unknown) => {
      if (error instanceof PixstoreError && error.code === 'TOKEN_INVALID')
        return refuse(WirePayloadState.InvalidProof);
      onError(error);
      return refuse(WirePayloadState.InternalError);
    };
    const { id, token, proof } = readEntry(entry);
    return recover(() => serveAt(door, who, { id, token, proof }), failed);
  }

  function stateReply(state: BareState, headers: HeaderList): Reply {
    const { pieces, length } = refuse(state);
    return binaryReply(pieces, length, headers, () => {});
  }

  return {
    handle,
    payload: async (request) => collectPayload(await serve(request)),
    frames: (body, audience) => batchFrames(decodeBatchRequest(body), (entry) => answerEntry(entry, {}, audience)),
    stats: () => ({ ...counters.stats(), open: limit.load() }),
  };
}

/** Where an answer is made: what every answer says, and the room it takes. */
interface Room {
  headers: HeaderList;
  hold: Place['hold'];
  leave(): void;
}
