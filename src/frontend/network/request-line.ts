import { coalesce } from '../../shared/coalesce.js';
import type { ImageRecord } from '../../types/index.js';
import { type FetchDemand, isMoreUrgent } from './demand.js';
import type { Endpoint } from './endpoint.js';
import { createFlight, type Flight } from './flight.js';
import type { QueuedFetch } from './queued-fetch.js';
import { imagesAhead, type PlannedRequest, planRequests } from './request-planner.js';

/** Milliseconds after which the others do not wait any longer for those that are seen first. */
const longestHeadStart = 250;

/**
 * Makes what fetches the payload of a record when its turn comes. It gathers images into few requests. When the line is
 * idle, what is there goes out at once; what comes while requests are under way goes together with the next. The most
 * urgent go first.
 *
 * @param timeout - milliseconds a request may go without progress. What waits in line has none to make, and what waits
 * behind other requests makes it with them
 */
export function createRequestLine(endpoint: Endpoint, timeout: number) {
  // Fetches that are not done, in the order in which they were asked for.
  const queue = new Set<QueuedFetch>();
  // In the order in which they were sent.
  const underWay = new Set<Flight>();
  let meanBytes = 16 * 1024;
  let isHeadStart = false;
  let headStartTimer: ReturnType<typeof setTimeout> | undefined;

  const schedule = coalesce(async () => {
    // What is asked for in the same turn of the loop goes together.
    await undefined;
    const { requests, beginsHeadStart } = planRequests({
      isHeadStart,
      waiting: [...queue].filter((queued) => queued.phase === 'waiting'),
      underWay: underWay.size,
      takesBatches: endpoint.takesBatches(),
      meanBytes,
    });
    if (beginsHeadStart) {
      isHeadStart = true;
      headStartTimer = setTimeout(open, longestHeadStart);
    }
    for (const request of requests) send(request);
  });

  /** Ends a head start, if there is one, and lets out what may go. */
  function open(): void {
    clearTimeout(headStartTimer);
    isHeadStart = false;
    void schedule();
  }

  function send(request: PlannedRequest<QueuedFetch>): void {
    const flight = createFlight(
      request,
      { endpoint, timeout },
      {
        onBytes(payloads, brought) {
          for (const { length } of payloads) meanBytes += (length - meanBytes) / 16;
          // The others are asked for before these take up the page.
          if (isHeadStart && brought >= imagesAhead) open();
        },
        onProgress: () => renewFrom(flight),
        onStall: schedule,
        onLand() {
          underWay.delete(flight);
          open();
        },
      },
    );
    underWay.add(flight);
    void flight.send();
  }

  /** Where bytes of this request take up the line, those that were sent later or are less urgent wait behind them. */
  function renewFrom(flight: Flight): void {
    let wasSentLater = false;
    for (const other of underWay) {
      if (other === flight || wasSentLater || isMoreUrgent(flight.priority, other.priority)) other.renew();
      wasSentLater ||= other === flight;
    }
  }

  /** Notes that nobody waits for an image any more, and ends requests that bring nothing else. */
  function finish(queued: QueuedFetch): void {
    queued.phase = 'done';
    if (!queue.delete(queued)) return;
    for (const flight of underWay) flight.endIfAbandoned();
  }

  return (record: ImageRecord, _context: unknown, demand: FetchDemand): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const queued: QueuedFetch = {
        record,
        demand,
        phase: 'waiting',
        timesSent: 0,
        deliver(payload) {
          finish(queued);
          resolve(payload);
        },
        fail(error) {
          finish(queued);
          reject(error);
        },
      };
      demand.onRise = schedule;
      demand.signal?.addEventListener('abort', () => queued.fail(demand.signal?.reason));
      queue.add(queued);
      void schedule();
    });
}
