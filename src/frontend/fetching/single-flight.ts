import { type Demand, type GetImageOptions, raise } from './demand.js';

/**
 * Lets calls that want the same thing at the same time share one piece of work. One that is aborted leaves the others
 * alone; when all were, the work's signal aborts and the next call starts anew.
 *
 * @example
 * const share = createSingleFlight<Blob>();
 * await Promise.all([share('a', {}, load), share('a', { signal }, load)]); // load runs once
 */
export function createSingleFlight<Result>() {
  const flights = new Map<string, ReturnType<typeof createFlight<Result>>>();
  let number = 0;

  return (key: string, wish: GetImageOptions, work: (demand: Demand) => Promise<Result>): Promise<Result> => {
    number += 1;
    const flight = flights.get(key) ?? createFlight(work, number, wish, forget);
    flights.set(key, flight);
    return flight.join(wish);

    function forget(): void {
      // An abandoned flight may land after the next one for the same thing began.
      if (flights.get(key) === flight) flights.delete(key);
    }
  };
}

function createFlight<Result>(
  work: (demand: Demand) => Promise<Result>,
  number: number,
  { signal: first, priority = 'auto' }: GetImageOptions,
  onEnd: () => void,
) {
  const abort = first && new AbortController();
  const demand: Demand = { signal: abort?.signal, number, priority };
  let sharers = 0;
  const result = work(demand).finally(onEnd);

  return {
    join({ signal, priority = 'auto' }: GetImageOptions): Promise<Result> {
      raise(demand, priority);
      sharers += 1;
      if (!signal) return result;
      return new Promise((resolve, reject) => {
        const leave = () => {
          reject(signal.reason);
          sharers -= 1;
          if (sharers > 0) return;
          onEnd();
          abort?.abort(signal.reason);
        };
        signal.addEventListener('abort', leave);
        result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
      });
    },
  };
}
