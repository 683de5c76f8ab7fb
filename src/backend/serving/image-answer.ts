import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { isImageId, isToken } from '../../shared/protocol/image-id.js';
import { encodeUpdatedHead } from '../../shared/protocol/payload.js';
import { type BareState, WirePayloadState } from '../../shared/protocol/states.js';
import type { OpenedPart, PartRecord } from '../../stores/port.js';
import type { Audience } from '../keys/audience.js';
import type { Proofs } from '../keys/proofs.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { notWanted, type Read, type ReadyPart, storeBusy, type Turn } from './hot-reads.js';

/** What a client asks for. Nothing of it is trusted, but for the audience. */
export interface ImageRequest {
  id: unknown;
  /** The version the client has a key for. Absent: it wants the key too. */
  token: unknown;
  proof: unknown;
  /** Who asks, as the application knows him: the proof must be bound to the same. Default: null, everybody. */
  audience?: Audience;
  /** When it arrived, in ms by the backend's clock: its proof must have been good then. Default: now. */
  arrivedAt?: number | undefined;
  /** When it is one of many. */
  turn?: Turn | undefined;
}

/** A wire payload on its way out. */
export interface Answer {
  state: WirePayloadState;
  /** Bytes of the payload. */
  length: number;
  /** The payload, not to be changed; only its beginning, when there is a rest. */
  pieces: readonly Uint8Array[];
  /** The ciphertext of a large image, still to be read. Whoever does not read it closes it. */
  rest?: OpenedPart;
}

/**
 * Answers one image request, whatever transport it came by; at once, when all it takes is in memory.
 *
 * @throws PixstoreError `TOKEN_INVALID`, or what the store throws
 */
export type AnswerImage = (request: ImageRequest) => MaybePromise<Answer>;

export interface AnswerOptions {
  read(id: string, clientToken?: number, turn?: Turn): MaybePromise<Read>;
  keys: Pick<StoreKeys, 'ready' | 'unseal'>;
  /** Was a part that does not open exchanged since it was read? */
  isOutdated(part: PartRecord): Promise<boolean>;
  /** Null when proofs are switched off. */
  proofs: Proofs | null;
}

export function createAnswer({ read, keys, isOutdated, proofs }: AnswerOptions): AnswerImage {
  return ({ id, token, proof, audience, arrivedAt, turn }) => {
    if (isAbsent(id)) return bareAnswer(WirePayloadState.MissingID);
    // Before anything is looked up: an answer must not tell a stranger whether an id exists.
    if (proofs) {
      if (isAbsent(proof)) return bareAnswer(WirePayloadState.MissingProof);
      if (!isImageId(id) || typeof proof !== 'string' || !proofs.isGood(id, proof, audience, arrivedAt)) {
        return bareAnswer(WirePayloadState.InvalidProof);
      }
    }
    const clientToken = readToken(token);
    if (!isImageId(id)) return bareAnswer(WirePayloadState.NotFound);
    return answerFor(id, clientToken, turn);
  };

  function answerFor(id: string, clientToken: number | undefined, turn: Turn | undefined): MaybePromise<Answer> {
    return andThen(read(id, clientToken, turn), (part) =>
      recover(
        () => answerWith(part, clientToken),
        async (error) => {
          if (!part || typeof part === 'symbol') throw error;
          if (!(await isOutdated('record' in part ? part.record : part))) throw error;
          return answerFor(id, clientToken, turn);
        },
      ),
    );
  }

  function answerWith(part: Read, clientToken: number | undefined): MaybePromise<Answer> {
    if (part === storeBusy) return bareAnswer(WirePayloadState.RateLimited);
    if (part === notWanted) return unwanted;
    if (!part) return bareAnswer(WirePayloadState.NotFound);
    return 'record' in part ? answerReady(part, clientToken) : answerOpened(part, clientToken);
  }

  function answerReady(
    { record, ciphertext, success }: ReadyPart,
    clientToken: number | undefined,
  ): MaybePromise<Answer> {
    if (record.token === clientToken) {
      return { state: WirePayloadState.Success, length: successHead.length + record.size, pieces: success };
    }
    return andThen(updatedHead(record), (head) => {
      return { state: WirePayloadState.Updated, length: head.length + record.size, pieces: [head, ciphertext] };
    });
  }

  function answerOpened(part: OpenedPart, clientToken: number | undefined): MaybePromise<Answer> {
    const isCurrent = part.token === clientToken;
    const state = isCurrent ? WirePayloadState.Success : WirePayloadState.Updated;
    return recover(
      () =>
        andThen(isCurrent ? successHead : updatedHead(part), (head) => {
          return { state, length: head.length + part.size, pieces: [head], rest: part };
        }),
      (error) => {
        void part.close();
        throw error;
      },
    );
  }

  function updatedHead(record: PartRecord): MaybePromise<Uint8Array> {
    return andThen(keys.ready([record]), () => encodeUpdatedHead({ ...record, key: keys.unseal(record).key }));
  }
}

const successHead = Uint8Array.of(WirePayloadState.Success);

/** An answer that is a state and no picture. */
export function bareAnswer(state: BareState): Answer {
  return { state, length: 1, pieces: [Uint8Array.of(state)] };
}

/** Of an image that nobody wants any more: it is not sent. */
export const unwanted: Answer = bareAnswer(WirePayloadState.RateLimited);

/** The whole payload, as bytes of the caller's own. */
export async function collectPayload({ length, pieces, rest }: Answer): Promise<Uint8Array> {
  const payload = new Uint8Array(length);
  let at = 0;
  const add = (piece: Uint8Array) => {
    payload.set(piece, at);
    at += piece.length;
  };
  pieces.forEach(add);
  if (rest) for await (const chunk of rest.chunks()) add(chunk);
  return payload;
}

/** Tokens arrive as text as often as numbers. @returns undefined when there is none */
function readToken(token: unknown): number | undefined {
  if (isAbsent(token)) return undefined;
  const read = typeof token === 'string' && /^\d{1,16}$/.test(token) ? Number(token) : token;
  if (isToken(read)) return read;
  throw new PixstoreError(
    'TOKEN_INVALID',
    'The token of an image request must be a whole number from 0 to 2^53 - 1, such as the one in its ImageRecord; leave it out to be sent the key as well.',
  );
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
