// By themselves, so that a page that only reads payloads need not load all the names.
export const success = 0;
export const updated = 1;
export const invalidProof = 5;

/** The first byte of every wire payload. Names and numbers are those of pixstore 3.x. */
export const WirePayloadState = {
  /** The client's token is current: the ciphertext follows. */
  Success: success,
  /** The client's token differs or is absent: token, key, iv, tag, then the ciphertext. */
  Updated: updated,
  NotFound: 2,
  MissingID: 3,
  MissingProof: 4,
  InvalidProof: invalidProof,
  InternalError: 6,
  RateLimited: 9,
} as const;

export type WirePayloadState = (typeof WirePayloadState)[keyof typeof WirePayloadState];

/** A state whose payload is the state byte alone. */
export type BareState = Exclude<WirePayloadState, 0 | 1>;

const bareStates: readonly unknown[] = /* @__PURE__ */ Object.values(WirePayloadState).filter((state) => state > 1);

export function isBareState(state: unknown): state is BareState {
  return bareStates.includes(state);
}
