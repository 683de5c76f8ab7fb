import type { ImageRecord } from '../../types/index.js';

type Proven = Pick<ImageRecord, 'id' | 'statelessProof'>;

// The clock of the server that refused a proof may be behind that of the one which made it. Servers agree within 5 s:
// what was too early is good by then, and what is too old costs one request more. Milliseconds.
const rememberedFor = 5000;

/**
 * Proofs that the backend has just refused, so that it need not be asked again at once. The last one of each image.
 *
 * @param now - the time in milliseconds
 */
export function createRefusedProofs(now: () => number) {
  // In the order of time, so that what is old is found at the front.
  const refused = new Map<string, { proof: string; until: number }>();

  function forgetOld(): void {
    for (const [id, { until }] of refused) {
      if (until > now()) return;
      refused.delete(id);
    }
  }

  function has({ id, statelessProof }: Proven): boolean {
    forgetOld();
    return refused.get(id)?.proof === statelessProof;
  }

  return {
    has,

    /** Without effect on one that is known: its time counts from when the backend said so. */
    add(record: Proven): void {
      if (has(record)) return;
      refused.delete(record.id);
      refused.set(record.id, { proof: record.statelessProof, until: now() + rememberedFor });
    },
  };
}
