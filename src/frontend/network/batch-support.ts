/**
 * Does the endpoint take batches? It is expected to, until it says otherwise; and then it is asked again after a while,
 * since what said so may have been a moment's: a proxy while the backend was exchanged, a network that came and went.
 *
 *   expected ── a batch gets no answer ───────────────────────────► in doubt
 *   in doubt ── a batch gets no answer again, where one image does ──► refused
 *   expected, in doubt ── a batch is refused, where one image is not ─► refused
 *   any ── a batch comes in one piece, and shows no progress ───────► refused
 *   refused ── a minute passes ───────────────────────────────────► in doubt
 *   any ── a batch is answered ───────────────────────────────────► expected
 */
type Support = 'expected' | 'in doubt' | 'refused';

/** How long an endpoint without batches is asked one by one, in milliseconds. */
const oneByOneFor = 60_000;

export type BatchSupport = ReturnType<typeof createBatchSupport>;

/** @param now - the time in milliseconds */
export function createBatchSupport(now: () => number) {
  let support: Support = 'expected';
  let askedAgainAt = 0;

  return {
    takesBatches(): boolean {
      if (support === 'refused' && now() >= askedAgainAt) support = 'in doubt';
      return support !== 'refused';
    },

    isInDoubt: () => support === 'in doubt',

    answered(): void {
      support = 'expected';
    },

    doubt(): void {
      if (support === 'expected') support = 'in doubt';
    },

    refused(): void {
      support = 'refused';
      askedAgainAt = now() + oneByOneFor;
    },
  };
}
