import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { type BareState, WirePayloadState } from '../../shared/wire/states.js';
import { type Answer, type AnswerImage, bareAnswer, type ImageRequest } from './answer.js';
import type { Door } from './door.js';
import type { ServingCounters } from './serving-stats.js';

/** Told how an image was served. */
export type OnServed = (milliseconds: number, bytes: number, error?: unknown) => void;

/** Answers images and counts what becomes of them. */
export function createServe(answer: AnswerImage, counters: ServingCounters, onServed: OnServed) {
  /** @throws PixstoreError `TOKEN_INVALID`, or what the store throws */
  function serve(request: ImageRequest): MaybePromise<Answer> {
    const begun = performance.now();
    const served = (answered: Answer) => {
      counters.countImage(answered.state, answered.length);
      onServed(performance.now() - begun, answered.length);
      return answered;
    };
    const failed = (error: unknown): never => {
      onServed(performance.now() - begun, 0, error);
      throw error;
    };
    return recover(() => andThen(answer(request), served), failed);
  }

  /** An answer without a look at the image. */
  function refuse(state: BareState): Answer {
    counters.countImage(state, 1);
    return bareAnswer(state);
  }

  /** Asks the application first. Whom it refuses is answered as with a wrong proof, and learns nothing else. */
  function serveAuthorized(request: ImageRequest, authorize: Door['authorize']): MaybePromise<Answer> {
    const { id } = request;
    if (!authorize || typeof id !== 'string' || id === '') return serve(request);
    return andThen(authorize(id), (allowed) =>
      allowed === true ? serve(request) : refuse(WirePayloadState.InvalidProof),
    );
  }

  return { serve, serveAuthorized, refuse };
}
