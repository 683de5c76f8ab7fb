/**
 * Lets calls that want the same thing at the same time share one piece of work.
 *
 * @example
 * const share = createSingleFlight<Blob>();
 * await Promise.all([share('a', load), share('a', load)]); // load runs once
 */
export function createSingleFlight<Result>() {
  const flights = new Map<string, Promise<Result>>();

  return (key: string, work: () => Promise<Result>): Promise<Result> => {
    const inFlight = flights.get(key);
    if (inFlight) return inFlight;
    const flight = work().finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}
