/**
 * Does the endpoint take batches? It is expected to, until it says otherwise; and then it is asked again after a while,
 * since what said so may have been a moment's: a proxy while the backend was exchanged, a network that came and went.
 *
 *   expected ── a batch gets no answer ───────────────────────────► in doubt
 *   in doubt ── a batch gets no answer again, where one image does ──► refused
 *   expected, in doubt ── a batch is refused, where one image is not ─► refused
 *   refused ── a minute passes ───────────────────────────────────► in doubt
 *   any ── a batch is answered ───────────────────────────────────► expected
 */
type Support = { is: 'expected' } | { is: 'in doubt' } | { is: 'refused'; until: number };

/** How long an endpoint without batches is asked one by one, in milliseconds. */
const oneByOneFor = 60_000;

export type BatchSupport = ReturnType<typeof createBatchSupport>;

/** @param now - the time in milliseconds */
export function createBatchSupport(now: () => number) {
  let support: Support = { is: 'expected' };

  return {
    isExpected(): boolean {
      if (support.is === 'refused' && now() >= support.until) support = { is: 'in doubt' };
      return support.is !== 'refused';
    },

    isInDoubt: () => support.is === 'in doubt',

    answered(): void {
      support = { is: 'expected' };
    },

    doubt(): void {
      if (support.is === 'expected') support = { is: 'in doubt' };
    },

    refused(): void {
      support = { is: 'refused', until: now() + oneByOneFor };
    },
  };
}
