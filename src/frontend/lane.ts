import type { Demand } from './fetching/demand.js';

/**
 * Lets so many pieces of work run at once; of the others, what was asked for first goes first. All at once, WebCrypto
 * would have every image half done before it has any.
 */
export function createLane(most: number) {
  const waiting = new Map<Demand, () => void>();
  let running = 0;

  return async <Result>(demand: Demand, work: () => Promise<Result>): Promise<Result> => {
    if (running < most) running += 1;
    else await new Promise<void>((resolve) => waiting.set(demand, resolve));
    try {
      return await work();
    } finally {
      // Its place goes to the next.
      let next: Demand | undefined;
      for (const other of waiting.keys()) if (!next || other.number < next.number) next = other;
      if (next) {
        waiting.get(next)?.();
        waiting.delete(next);
      } else running -= 1;
    }
  };
}
