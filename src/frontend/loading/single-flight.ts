import { type FetchDemand, type FetchPriority, type GetImageOptions, raise } from '../network/demand.js';

/** Work under way, and those who wait for it. */
interface SharedWork<Result> {
  join(signal: AbortSignal | undefined, priority: FetchPriority): Promise<Result>;
  abort: AbortController;
}

/**
 * Lets calls that want the same thing at the same time share one piece of work. One that is aborted leaves the others
 * alone; when all were, the work's signal aborts and the next call starts anew.
 *
 * @param over - when it aborts, all work under way ends at once with its reason, for everybody
 *
 * @example
 * const share = createSingleFlight<Blob>();
 * await Promise.all([share('a', {}, load), share('a', { signal }, load)]); // load runs once
 */
export function createSingleFlight<Result>(over?: AbortSignal) {
  const shared = new Map<string, SharedWork<Result>>();
  over?.addEventListener('abort', () => {
    for (const { abort } of shared.values()) abort.abort(over.reason);
  });

  return (
    key: string,
    { signal, priority = 'auto' }: GetImageOptions,
    work: (demand: FetchDemand) => Promise<Result>,
  ): Promise<Result> => {
    const joined = shared.get(key) ?? begin();
    return joined.join(signal, priority);

    function begin(): SharedWork<Result> {
      const abort = new AbortController();
      // Raised by those who join, the first as well.
      const demand: FetchDemand = { signal: abort.signal, priority: 'low' };
      let sharers = 0;
      const result = new Promise<Result>((resolve, reject) => {
        // Nobody waits for work that does not notice.
        abort.signal.addEventListener('abort', () => reject(abort.signal.reason));
        work(demand).then(resolve, reject);
      }).finally(end);
      const own: SharedWork<Result> = { join, abort };
      shared.set(key, own);
      return own;

      function end(): void {
        // Abandoned work may end after the next for the same thing began.
        if (shared.get(key) === own) shared.delete(key);
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
            abort.abort(signal.reason);
          };
          signal.addEventListener('abort', leave);
          result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
        });
      }
    }
  };
}
