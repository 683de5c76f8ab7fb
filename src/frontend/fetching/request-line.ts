import { maxBatchEntries } from '../../shared/wire/batch.js';
import type { ImageRecord } from '../../types/index.js';
import { coalesce } from '../coalesce.js';
import { type Demand, type FetchPriority, slots } from './demand.js';
import type { Endpoint } from './endpoint.js';
import { timeoutError } from './in-time.js';

type Timer = ReturnType<typeof setTimeout> | undefined;

/** An image that is waited for. */
interface Errand {
  record: ImageRecord;
  demand: Demand;
  /** The request that speaks for it; without one it is in line. */
  request?: Request | undefined;
  requests: number;
  resolve(payload: Uint8Array): void;
  reject(error: unknown): void;
}

/** What a request has not brought yet, in its order. */
type Request = Errand[];

/**
 * Makes what fetches the payload of a record when its turn comes. It gathers images into few requests. When the line is
 * idle, what is there goes out at once; what comes while requests are under way goes together with the next. The most
 * urgent go first.
 *
 * @param timeout - milliseconds from one image's bytes to the next
 */
export function createRequestLine(endpoint: Endpoint, timeout: number) {
  // Milliseconds without a byte after which the images behind the next one are asked for in another request.
  const stalledAfter = 2000;
  // Without batches the browser itself lets few through at a time, and those behind should be ready.
  const slotsWithoutBatches = 3;
  const leastPerRequest = 8;
  // The first request has the line to itself until what is seen first is there; milliseconds.
  const imagesAhead = 16;
  const longestHeadStart = 250;
  const mostBytesPerRequest = 2_000_000;
  // Those that are not done, in line or under way.
  const open = new Set<Errand>();
  const underWay = new Map<Request, AbortController>();
  let meanBytes = 16 * 1024;
  let headStart: Timer;

  const schedule = coalesce(async () => {
    await undefined;
    for (const priority of Object.keys(slots) as FetchPriority[]) {
      const errands = [...open].filter(({ demand, request }) => demand.priority === priority && !request);
      const inBatches = endpoint.takesBatches();
      const most = inBatches ? Math.min(maxBatchEntries, Math.ceil(mostBytesPerRequest / meanBytes)) : 1;
      const sendSome = (count: number) => void send(errands.splice(0, Math.min(count, most)), priority);
      if (inBatches && underWay.size === 0 && errands.length > 2 * imagesAhead) {
        headStart = setTimeout(endHeadStart, longestHeadStart);
        sendSome(Math.max(imagesAhead, errands.length / slots[priority]));
      }
      if (headStart && priority !== 'high') return;
      const free = slots[priority] * (inBatches ? 1 : slotsWithoutBatches) - underWay.size;
      const requests = Math.min(free, Math.ceil(errands.length / (inBatches ? leastPerRequest : 1)));
      for (let left = requests; left > 0; left -= 1) sendSome(Math.ceil(errands.length / left));
    }
  });

  function endHeadStart(): void {
    clearTimeout(headStart);
    headStart = undefined;
    void schedule();
  }

  async function send(request: Request, priority: FetchPriority): Promise<void> {
    const abort = new AbortController();
    const records = request.map((errand) => {
      errand.request = request;
      errand.requests += 1;
      return errand.record;
    });
    let failure: unknown;
    let patience: Timer;
    let stall: Timer;
    const onPayloads = (payloads: Uint8Array[]) => {
      // The others are asked for before these take up the page.
      if (headStart && records.length - request.length + payloads.length >= imagesAhead) endHeadStart();
      for (const payload of payloads) {
        meanBytes += (payload.length - meanBytes) / 16;
        const errand = request.shift();
        if (!errand) continue;
        finish(errand);
        errand.resolve(payload);
      }
      clearTimeout(stall);
      stall = setTimeout(() => {
        // One slow image must not hold up those behind it.
        for (const errand of request.slice(1)) {
          // Where nothing is answered at all, asking over and over would only put off the end.
          if (errand.request === request && errand.requests < 3) errand.request = undefined;
        }
        void schedule();
      }, stalledAfter);
      if (patience && payloads.length === 0) return;
      clearTimeout(patience);
      patience = setTimeout(() => abort.abort(timeoutError(timeout)), timeout);
    };
    underWay.set(request, abort);
    onPayloads([]);
    try {
      await endpoint.ask(records, { priority, signal: abort.signal }, onPayloads);
    } catch (error) {
      failure = abort.signal.reason ?? error;
    }
    clearTimeout(patience);
    clearTimeout(stall);
    underWay.delete(request);
    for (const errand of request) {
      if (errand.request !== request) continue;
      errand.request = undefined;
      if (!failure) continue;
      finish(errand);
      errand.reject(failure);
    }
    endHeadStart();
  }

  /** Ends an errand, and requests that nobody waits for. */
  function finish(errand: Errand): void {
    open.delete(errand);
    for (const [request, abort] of underWay) {
      if (request[0] && request.every((other) => !open.has(other))) abort.abort();
    }
  }

  return (record: ImageRecord, _context: unknown, demand: Demand): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const errand: Errand = { record, demand, requests: 0, resolve, reject };
      demand.onRise = schedule;
      demand.signal?.addEventListener('abort', () => {
        finish(errand);
        reject(demand.signal?.reason);
      });
      open.add(errand);
      void schedule();
    });
}
