import { maxBatchEntries } from '../../shared/wire/batch.js';
import type { ImageRecord } from '../../types/index.js';
import { coalesce } from '../coalesce.js';
import { type Demand, type FetchPriority, slots } from './demand.js';
import type { Endpoint } from './endpoint.js';
import { createPatience, type Patience } from './patience.js';

/** An image that is waited for. */
interface QueuedFetch {
  record: ImageRecord;
  demand: Demand;
  /** The request that speaks for it; without one it is in line. */
  flight?: Flight | undefined;
  flights: number;
  resolve(payload: Uint8Array): void;
  reject(error: unknown): void;
}

/** A request under way. */
interface Flight {
  priority: FetchPriority;
  /** What it has not brought yet, in the order of its answer. */
  missing: QueuedFetch[];
  abort: AbortController;
  patience: Patience;
}

/**
 * Makes what fetches the payload of a record when its turn comes. It gathers images into few requests. When the line is
 * idle, what is there goes out at once; what comes while requests are under way goes together with the next. The most
 * urgent go first.
 *
 * @param timeout - milliseconds a request may go without progress. What waits in line has none to make, and what waits
 * behind other requests makes it with them
 */
export function createRequestLine(endpoint: Endpoint, timeout: number) {
  // Without batches the browser itself lets few through at a time, and those behind should be ready.
  const slotsWithoutBatches = 3;
  const leastPerRequest = 8;
  // The first request has the line to itself until what is seen first is there; milliseconds.
  const imagesAhead = 16;
  const longestHeadStart = 250;
  const mostBytesPerRequest = 2_000_000;
  // Those that are not done, in line or under way.
  const open = new Set<QueuedFetch>();
  // In the order in which they were sent.
  const underWay = new Set<Flight>();
  let meanBytes = 16 * 1024;
  let headStart: ReturnType<typeof setTimeout> | undefined;

  const schedule = coalesce(async () => {
    await undefined;
    for (const priority of Object.keys(slots) as FetchPriority[]) {
      const waiting = [...open].filter(({ demand, flight }) => demand.priority === priority && !flight);
      const inBatches = endpoint.takesBatches();
      const most = inBatches ? Math.min(maxBatchEntries, Math.ceil(mostBytesPerRequest / meanBytes)) : 1;
      const sendSome = (count: number) => void send(waiting.splice(0, Math.min(count, most)), priority);
      if (inBatches && underWay.size === 0 && waiting.length > 2 * imagesAhead) {
        headStart = setTimeout(endHeadStart, longestHeadStart);
        sendSome(Math.max(imagesAhead, waiting.length / slots[priority]));
      }
      if (headStart && priority !== 'high') return;
      const free = slots[priority] * (inBatches ? 1 : slotsWithoutBatches) - underWay.size;
      const requests = Math.min(free, Math.ceil(waiting.length / (inBatches ? leastPerRequest : 1)));
      for (let left = requests; left > 0; left -= 1) sendSome(Math.ceil(waiting.length / left));
    }
  });

  function endHeadStart(): void {
    clearTimeout(headStart);
    headStart = undefined;
    void schedule();
  }

  async function send(fetches: QueuedFetch[], priority: FetchPriority): Promise<void> {
    const abort = new AbortController();
    const flight: Flight = {
      priority,
      missing: fetches,
      abort,
      patience: createPatience(
        timeout,
        () => askElsewhere(flight),
        (error) => {
          // Not left to `fetch`: one of the application's own may not heed the signal.
          land(flight, error);
          abort.abort(error);
        },
      ),
    };
    const records = fetches.map((queued) => {
      queued.flight = flight;
      queued.flights += 1;
      return queued.record;
    });
    let failure: unknown;
    underWay.add(flight);
    flight.patience.renew();
    try {
      await endpoint.ask(records, { priority, signal: abort.signal }, (payloads) => {
        if (!underWay.has(flight)) return;
        // The others are asked for before these take up the page.
        const brought = records.length - flight.missing.length + payloads.length;
        if (headStart && brought >= imagesAhead) endHeadStart();
        deliver(flight, payloads);
        progress(flight);
        flight.patience.dripped(payloads.length > 0);
      });
    } catch (error) {
      failure = abort.signal.reason ?? error;
    }
    land(flight, failure);
  }

  function deliver({ missing }: Flight, payloads: Uint8Array[]): void {
    for (const payload of payloads) {
      meanBytes += (payload.length - meanBytes) / 16;
      const queued = missing.shift();
      if (!queued) continue;
      finish(queued);
      queued.resolve(payload);
    }
  }

  /** Where bytes of this request take up the line, those that were sent later or are less urgent wait behind them. */
  function progress(flight: Flight): void {
    let isBehind = false;
    for (const other of underWay) {
      isBehind ||= other === flight;
      if (isBehind || slots[other.priority] < slots[flight.priority]) other.patience.renew();
    }
  }

  /** One slow image must not hold up those behind it. */
  function askElsewhere(flight: Flight): void {
    for (const queued of flight.missing.slice(1)) {
      // Where nothing is answered at all, asking over and over would only put off the end.
      if (queued.flight === flight && queued.flights < 3) queued.flight = undefined;
    }
    void schedule();
  }

  /** A request has ended: what it did not bring failed with it, or is in line again. */
  function land(flight: Flight, failure: unknown): void {
    if (!underWay.delete(flight)) return;
    flight.patience.stop();
    for (const queued of flight.missing) {
      if (queued.flight !== flight) continue;
      queued.flight = undefined;
      if (!failure) continue;
      finish(queued);
      queued.reject(failure);
    }
    endHeadStart();
  }

  /** Ends the wait for an image, and requests that nobody waits for. */
  function finish(queued: QueuedFetch): void {
    open.delete(queued);
    for (const { missing, abort } of underWay) {
      if (missing[0] && missing.every((other) => !open.has(other))) abort.abort();
    }
  }

  return (record: ImageRecord, _context: unknown, demand: Demand): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const queued: QueuedFetch = { record, demand, flights: 0, resolve, reject };
      demand.onRise = schedule;
      demand.signal?.addEventListener('abort', () => {
        finish(queued);
        reject(demand.signal?.reason);
      });
      open.add(queued);
      void schedule();
    });
}
