import { performance } from 'node:perf_hooks';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { imageIdOf, isImageId, variantOf } from '../../shared/protocol/image-id.js';
import { type BareState, WirePayloadState } from '../../shared/protocol/states.js';
import { type Audience, requireAudience } from '../keys/audience.js';
import type { HandlerContext } from './handler.js';
import { type Answer, type AnswerImage, bareAnswer, type ImageRequest, unwanted } from './image-answer.js';
import type { ServingCounters } from './serving-stats.js';

/** What was asked for, and by whom. Nothing of it was checked, but the audience by the application. */
export interface Served {
  /** Joined, if it is an id. */
  id: unknown;
  audience?: Audience | undefined;
}

/** What became of it. */
export type ServeOutcome =
  | { state: keyof typeof WirePayloadState | 'Decrypted'; error?: undefined }
  | { state?: undefined; error: unknown };

/** Told how an image was served. */
export type OnServed = (asked: Served, milliseconds: number, bytes: number, outcome: ServeOutcome) => void;

type StateName = keyof typeof WirePayloadState;

const outcomes = new Map<number, { state: StateName }>(
  Object.entries(WirePayloadState).map(([state, byte]) => [byte, { state: state as StateName }]),
);

/** Answers images and counts what becomes of them. */
export function createAuthorisedAnswers(answer: AnswerImage, counters: ServingCounters, onServed: OnServed) {
  /** @throws PixstoreError `TOKEN_INVALID`, or what the store throws */
  function serve(request: ImageRequest): MaybePromise<Answer> {
    const begun = performance.now();
    const served = (answered: Answer) => {
      if (answered === unwanted) return answered;
      counters.countImage(answered.state, answered.length);
      onServed(request, performance.now() - begun, answered.length, outcomeOf(answered));
      return answered;
    };
    const failed = (error: unknown): never => {
      onServed(request, performance.now() - begun, 0, { error });
      throw error;
    };
    return recover(() => andThen(answer(request), served), failed);
  }

  /** An answer without a look at the image. */
  function refuse(state: BareState): Answer {
    counters.countImage(state, 1);
    return bareAnswer(state);
  }

  /** The same for an image that the application keeps from who asks. */
  function deny(request: ImageRequest): Answer {
    const answered = refuse(WirePayloadState.InvalidProof);
    onServed(request, 0, answered.length, outcomeOf(answered));
    return answered;
  }

  /** The application's checks come first. Whom they refuse is answered as with a wrong proof, and learns no more. */
  function serveAt(
    { authorize }: Pick<HandlerContext, 'authorize'>,
    who: Visitor,
    request: ImageRequest,
  ): MaybePromise<Answer> {
    if (who === undefined) return deny(request);
    const bound = who === null ? request : { ...request, audience: who };
    const { id } = request;
    // What is no id is answered as such: the application's check may look it up, or take it apart.
    if (!authorize || !isImageId(id)) return serve(bound);
    return andThen(authorize(imageIdOf(id), variantOf(id)), (allowed) =>
      allowed === true ? serve(bound) : deny(bound),
    );
  }

  return { serve, serveAt, refuse };
}

const outcomeOf = ({ state }: Answer): ServeOutcome => outcomes.get(state) as ServeOutcome;

/** Who asks, as the application says it. Undefined: nobody it knows, and no proof is good. */
export type Visitor = Audience | undefined;

/** @throws PixstoreError `AUDIENCE_INVALID`, or what the application throws */
export function audienceAt({ audience }: HandlerContext): MaybePromise<Visitor> {
  if (!audience) return null;
  return andThen(audience(), (who) => (who === undefined || who === null ? who : requireAudience(who)));
}
