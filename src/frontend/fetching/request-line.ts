import { maxBatchEntries } from '../../shared/wire/batch.js';
import type { ImageRecord } from '../../types/index.js';
import { type Demand, priorities } from './demand.js';
import type { Endpoint } from './endpoint.js';
import { timeoutError } from './in-time.js';

// Milliseconds that the first in line waits for those that are about to join it.
const gatherFor = 5;
// Milliseconds without a byte after which the images behind the next one are asked for in another request.
const stalledAfter = 1000;
// Requests under way at once, up to which one of this priority may start.
const slots = { high: 6, auto: 4, low: 1 };
// Without batches the browser itself lets few through at a time, and those behind should be ready.
const slotsWithoutBatches = 3;
const leastPerRequest = 8;
const mostBytesPerRequest = 2 * 1024 * 1024;

/** An image that is waited for. */
interface Errand {
  record: ImageRecord;
  demand: Demand;
  done: boolean;
  /** Those it is part of: the last one speaks for it when it fails. */
  requests: Request[];
  resolve(payload: Uint8Array): void;
  reject(error: unknown): void;
}

interface Request {
  abort: AbortController;
  /** Errands whose bytes have not come, in their order. */
  waiting: Errand[];
  /** How many of all its errands are not done. */
  open: number;
}

/** Where images wait for their turn to be fetched. */
export type RequestLine = ReturnType<typeof createRequestLine>;

/**
 * Gathers images into few requests. When the line is idle, what is there goes out at once; what comes while requests
 * are under way goes together with the next. The most urgent go first.
 *
 * @param timeout - milliseconds from one image's bytes to the next
 */
export function createRequestLine(endpoint: Endpoint, timeout: number) {
  const queue = new Set<Errand>();
  let underWay = 0;
  let coming = 0;
  let meanBytes = 16 * 1024;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let scheduled = false;

  function schedule(): void {
    if (coming > 0) gathering ??= setTimeout(dispatch, gatherFor);
    else if (!scheduled) {
      scheduled = true;
      queueMicrotask(dispatch);
    }
  }

  function dispatch(): void {
    clearTimeout(gathering);
    gathering = undefined;
    scheduled = false;
    for (const priority of priorities) {
      const errands = [...queue].filter(({ demand }) => demand.priority === priority);
      const inBatches = endpoint.takesBatches();
      const free = slots[priority] * (inBatches ? 1 : slotsWithoutBatches) - underWay;
      const requests = Math.min(free, Math.ceil(errands.length / (inBatches ? leastPerRequest : 1)));
      const most = inBatches ? Math.min(maxBatchEntries, Math.ceil(mostBytesPerRequest / meanBytes)) : 1;
      for (let number = 0; number < requests; number += 1) {
        // Dealt like cards, so that the first images are the first ones of every request.
        const hand = errands.filter((_, at) => at % requests === number).slice(0, most);
        for (const errand of hand) queue.delete(errand);
        void send(hand, priority);
      }
    }
  }

  async function send(errands: Errand[], priority: Demand['priority']): Promise<void> {
    const request: Request = { abort: new AbortController(), waiting: [...errands], open: errands.length };
    for (const errand of errands) errand.requests.push(request);
    let failure: unknown;
    let patience: ReturnType<typeof setTimeout> | undefined;
    let stall: ReturnType<typeof setTimeout> | undefined;
    const watch = (progress: boolean) => {
      clearTimeout(stall);
      stall = setTimeout(() => goAround(request), stalledAfter);
      if (!progress) return;
      clearTimeout(patience);
      patience = setTimeout(() => {
        failure = timeoutError(timeout);
        request.abort.abort();
      }, timeout);
    };
    underWay += 1;
    watch(true);
    try {
      await endpoint.ask({
        records: errands.map(({ record }) => record),
        priority,
        signal: request.abort.signal,
        onPayloads(payloads) {
          watch(payloads.length > 0);
          for (const payload of payloads) deliver(request, payload);
        },
      });
    } catch (error) {
      failure ??= error;
    }
    clearTimeout(patience);
    clearTimeout(stall);
    underWay -= 1;
    for (const errand of request.waiting) {
      if (errand.done || errand.requests.at(-1) !== request) continue;
      if (!failure) queue.add(errand);
      else if (finish(errand)) errand.reject(failure);
    }
    schedule();
  }

  function deliver(request: Request, payload: Uint8Array): void {
    meanBytes += (payload.length - meanBytes) / 16;
    const errand = request.waiting.shift();
    if (errand && finish(errand)) errand.resolve(payload);
  }

  /** One slow image must not hold up those behind it. */
  function goAround(request: Request): void {
    for (const errand of request.waiting.slice(1)) {
      // Where nothing is answered at all, asking over and over would only put off the end.
      if (!errand.done && errand.requests.at(-1) === request && errand.requests.length < 3) queue.add(errand);
    }
    schedule();
  }

  /** Takes an errand out of the line, and ends requests that nobody waits for any more. False when it was done before. */
  function finish(errand: Errand): boolean {
    if (errand.done) return false;
    errand.done = true;
    queue.delete(errand);
    for (const request of errand.requests) {
      request.open -= 1;
      if (request.open === 0 && request.waiting.length > 0) request.abort.abort();
    }
    return true;
  }

  return {
    /** Fetches the payload of a record when its turn comes. */
    fetch(record: ImageRecord, _context: unknown, demand: Demand): Promise<Uint8Array> {
      return new Promise((resolve, reject) => {
        const errand: Errand = { record, demand, done: false, requests: [], resolve, reject };
        demand.onRise = schedule;
        demand.signal.addEventListener('abort', () => {
          if (finish(errand)) reject(demand.signal.reason);
        });
        queue.add(errand);
        schedule();
      });
    },

    /** Announces an image that may join the line in a moment; call what it returns when it did, or will not. */
    expect(): () => void {
      coming += 1;
      return () => {
        coming -= 1;
        if (coming === 0 && queue.size > 0) schedule();
      };
    },
  };
}
