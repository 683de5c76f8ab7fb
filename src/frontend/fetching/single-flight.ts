import { type Demand, type FetchPriority, type GetImageOptions, raise } from './demand.js';

/**
 * Lets calls that want the same thing at the same time share one piece of work. One that is aborted leaves the others
 * alone; when all were, the work's signal aborts and the next call starts anew.
 *
 * @example
 * const share = createSingleFlight<Blob>();
 * await Promise.all([share('a', {}, load), share('a', { signal }, load)]); // load runs once
 */
export function createSingleFlight<Result>() {
  type Join = (signal: AbortSignal | undefined, priority: FetchPriority) => Promise<Result>;
  const flights = new Map<string, Join>();
  let number = 0;

  return (
    key: string,
    { signal: first, priority = 'auto' }: GetImageOptions,
    work: (demand: Demand) => Promise<Result>,
  ): Promise<Result> => {
    const joinFlight = flights.get(key) ?? begin();
    return joinFlight(first, priority);

    function begin(): Join {
      number += 1;
      const abort = first && new AbortController();
      // Raised by those who join, the first as well.
      const demand: Demand = { signal: abort?.signal, number, priority: 'low' };
      let sharers = 0;
      const result = work(demand).finally(end);
      flights.set(key, join);
      return join;

      function end(): void {
        // An abandoned flight may land after the next one for the same thing began.
        if (flights.get(key) === join) flights.delete(key);
      }

      function join(signal: AbortSignal | undefined, priority: FetchPriority): Promise<Result> {
        raise(demand, priority);
        sharers += 1;
        if (!signal) return result;
        return new Promise((resolve, reject) => {
          const leave = () => {
            reject(signal.reason);
            sharers -= 1;
            if (sharers > 0) return;
            end();
            abort?.abort(signal.reason);
          };
          signal.addEventListener('abort', leave);
          result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
        });
      }
    }
  };
}
