import { maxBatchEntries } from '../../shared/wire/batch.js';
import type { ImageRecord } from '../../types/index.js';
import { type Demand, type FetchPriority, priorities } from './demand.js';
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

interface Request {
  abort: AbortController;
  /** Errands whose bytes have not come, in their order. */
  waiting: Errand[];
}

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
  // Requests under way at once, up to which one of this priority may start.
  const slots = { high: 6, auto: 4, low: 1 };
  // Without batches the browser itself lets few through at a time, and those behind should be ready.
  const slotsWithoutBatches = 3;
  const leastPerRequest = 8;
  // What is seen first goes first, alone, so that nothing shares the line with it; milliseconds.
  const imagesInFirst = 16;
  const longestHeadStart = 250;
  const mostBytesPerRequest = 2 * 1024 * 1024;
  // Those that are not done, in line or under way.
  const open = new Set<Errand>();
  const underWay = new Set<Request>();
  let meanBytes = 16 * 1024;
  let scheduled = false;
  let headStart: Timer;
  let wasIdle = true;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(dispatch);
  }

  function dispatch(): void {
    scheduled = false;
    for (const priority of priorities) {
      const errands = [...open].filter(({ demand, request }) => demand.priority === priority && !request);
      const inBatches = endpoint.takesBatches();
      const most = inBatches ? Math.min(maxBatchEntries, Math.ceil(mostBytesPerRequest / meanBytes)) : 1;
      const sendSome = (count: number) => void send(errands.splice(0, Math.min(count, most)), priority);
      if (inBatches && wasIdle && errands.length > 2 * imagesInFirst) {
        wasIdle = false;
        headStart = setTimeout(endHeadStart, longestHeadStart);
        sendSome(imagesInFirst);
      }
      if (headStart && priority !== 'high') return;
      const free = slots[priority] * (inBatches ? 1 : slotsWithoutBatches) - underWay.size;
      const requests = Math.min(free, Math.ceil(errands.length / (inBatches ? leastPerRequest : 1)));
      for (let left = requests; left > 0; left -= 1) sendSome(Math.ceil(errands.length / left));
    }
  }

  function endHeadStart(): void {
    clearTimeout(headStart);
    headStart = undefined;
    schedule();
  }

  async function send(waiting: Errand[], priority: FetchPriority): Promise<void> {
    const abort = new AbortController();
    const request = { abort, waiting };
    const records = waiting.map((errand) => {
      errand.request = request;
      errand.requests += 1;
      return errand.record;
    });
    let failure: unknown;
    let patience: Timer;
    let stall: Timer;
    const onPayloads = (payloads?: Uint8Array[]) => {
      for (const payload of payloads ?? []) {
        meanBytes += (payload.length - meanBytes) / 16;
        const errand = waiting.shift();
        if (errand && finish(errand)) errand.resolve(payload);
      }
      clearTimeout(stall);
      stall = setTimeout(goAround, stalledAfter, request);
      if (payloads?.length === 0) return;
      clearTimeout(patience);
      patience = setTimeout(() => {
        failure = timeoutError(timeout);
        abort.abort();
      }, timeout);
    };
    underWay.add(request);
    onPayloads();
    try {
      await endpoint.ask({ records, priority, signal: abort.signal, onPayloads });
    } catch (error) {
      failure ??= error;
    }
    clearTimeout(patience);
    clearTimeout(stall);
    underWay.delete(request);
    for (const errand of waiting) {
      if (errand.request !== request) continue;
      errand.request = undefined;
      if (failure && finish(errand)) errand.reject(failure);
    }
    wasIdle = open.size === 0;
    endHeadStart();
  }

  /** One slow image must not hold up those behind it. */
  function goAround(request: Request): void {
    for (const errand of request.waiting.slice(1)) {
      // Where nothing is answered at all, asking over and over would only put off the end.
      if (errand.request === request && errand.requests < 3) errand.request = undefined;
    }
    schedule();
  }

  /** Ends an errand, and requests that nobody waits for. False when it was done before. */
  function finish(errand: Errand): boolean {
    if (!open.delete(errand)) return false;
    for (const { abort, waiting } of underWay) {
      if (waiting[0] && !waiting.some((other) => open.has(other))) abort.abort();
    }
    return true;
  }

  return (record: ImageRecord, _context: unknown, demand: Demand): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      const errand: Errand = { record, demand, requests: 0, resolve, reject };
      demand.onRise = schedule;
      demand.signal?.addEventListener('abort', () => {
        if (finish(errand)) reject(demand.signal?.reason);
      });
      open.add(errand);
      schedule();
    });
}
