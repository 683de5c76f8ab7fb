import { performance } from 'node:perf_hooks';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { imageIdOf, isImageId, variantOf } from '../../shared/protocol/image-id.js';
import { type BareState, WirePayloadState } from '../../shared/protocol/states.js';
import { type Audience, requireAudience } from '../keys/audience.js';
import { type Answer, type AnswerImage, bareAnswer, type ImageRequest } from './answer.js';
import type { HandlerContext } from './handler.js';
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

  /** The application's checks come first. Whom they refuse is answered as with a wrong proof, and learns no more. */
  function serveAt(
    { authorize }: Pick<HandlerContext, 'authorize'>,
    who: Visitor,
    request: ImageRequest,
  ): MaybePromise<Answer> {
    if (who === undefined) return refuse(WirePayloadState.InvalidProof);
    const bound = who === null ? request : { ...request, audience: who };
    const { id } = request;
    // What is no id is answered as such: the application's check may look it up, or take it apart.
    if (!authorize || !isImageId(id)) return serve(bound);
    return andThen(authorize(imageIdOf(id), variantOf(id)), (allowed) =>
      allowed === true ? serve(bound) : refuse(WirePayloadState.InvalidProof),
    );
  }

  return { serve, serveAt, refuse };
}

/** Who asks, as the application says it. Undefined: nobody it knows, and no proof is good. */
export type Visitor = Audience | undefined;

/** @throws PixstoreError `AUDIENCE_INVALID`, or what the application throws */
export function audienceAt({ audience }: HandlerContext): MaybePromise<Visitor> {
  if (!audience) return null;
  return andThen(audience(), (who) => (who === undefined || who === null ? who : requireAudience(who)));
}
