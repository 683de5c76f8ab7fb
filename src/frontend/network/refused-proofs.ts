import type { ImageRecord } from '../../types/index.js';
import { pause } from './pause.js';

type Proven = Pick<ImageRecord, 'id' | 'statelessProof'>;

// The clock of the server that refused a proof may be behind that of the one which made it. Servers agree within 5 s:
// what was too early is good by then, and what is too old costs one request more. Milliseconds.
const rememberedFor = 5000;

/** Proofs that the backend has just refused, so that it need not be asked again at once. */
export function createRefusedProofs() {
  const refused = new Set<string>();
  const nameOf = ({ id, statelessProof }: Proven) => `${id},${statelessProof}`;

  return {
    has: (record: Proven): boolean => refused.has(nameOf(record)),

    /** Without effect on one that is known: its time counts from when the backend said so. */
    add(record: Proven): void {
      const name = nameOf(record);
      if (refused.has(name)) return;
      refused.add(name);
      void pause(rememberedFor).then(() => refused.delete(name));
    },
  };
}
