import type { FetchPriority } from './demand.js';
import type { Endpoint } from './endpoint.js';
import { createPatience } from './patience.js';
import type { QueuedFetch } from './queued-fetch.js';
import type { PlannedRequest } from './request-planner.js';

/** What a flight goes by. */
export interface FlightOptions {
  endpoint: Pick<Endpoint, 'ask'>;
  /** Milliseconds it may go without progress. */
  timeout: number;
}

/** What a flight tells of itself. */
export interface FlightEvents {
  /** Bytes came. The payloads that are whole with them are delivered next. @param brought - images so far, with these */
  onBytes(payloads: readonly Uint8Array[], brought: number): void;
  /** They were delivered. Its patience is to be renewed, as is that of requests that wait behind it. */
  onProgress(): void;
  /** Nothing came for a while: fetches that were under way with it are waiting again. */
  onStall(): void;
  /** It has ended: what it did not bring has failed, or is waiting again. */
  onLand(): void;
}

/** A request under way. */
export interface Flight {
  readonly priority: FetchPriority;
  /** Sends it, and resolves when it has landed. How it goes is told by events; this never rejects. */
  send(): Promise<void>;
  /** There was progress, here or in a request that this one waits behind. */
  renew(): void;
  /** Ends it when there is nobody left whom it could bring anything. */
  endIfAbandoned(): void;
}

/** So many requests may be sent for one image: where nothing is answered at all, more would only put off the end. */
const mostTimesSent = 3;

/** Makes a request for fetches that are waiting. It has landed when the answer ended or failed, or patience did. */
export function createFlight(
  { priority, fetches }: PlannedRequest<QueuedFetch>,
  { endpoint, timeout }: FlightOptions,
  events: FlightEvents,
): Flight {
  const abort = new AbortController();
  const patience = createPatience(timeout, askElsewhere, giveUp);
  // What it has not brought yet, in the order of its answer.
  const missing = [...fetches];
  // Those whose fate is decided here. The others were put back into the line meanwhile; if they are brought all the same,
  // they are welcome.
  const own = new Set(fetches);
  let hasLanded = false;

  async function send(): Promise<void> {
    for (const queued of fetches) {
      queued.phase = 'under way';
      queued.timesSent += 1;
    }
    patience.renew();
    const records = fetches.map(({ record }) => record);
    try {
      await endpoint.ask(records, { priority, signal: abort.signal }, receive);
    } catch (error) {
      land({ error: abort.signal.reason ?? error });
    }
    land();
  }

  function receive(payloads: readonly Uint8Array[]): void {
    // A `fetch` that does not heed its signal goes on bringing what nobody waits for.
    if (hasLanded) return;
    events.onBytes(payloads, fetches.length - missing.length + payloads.length);
    for (const payload of payloads) missing.shift()?.deliver(payload);
    events.onProgress();
    patience.dripped(payloads.length > 0);
  }

  /** One slow image must not hold up those behind it. */
  function askElsewhere(): void {
    for (const queued of missing.slice(1)) if (queued.timesSent < mostTimesSent) putBack(queued);
    events.onStall();
  }

  function giveUp(error: unknown): void {
    // Not left to `fetch`: one of the application's own may not heed the signal.
    land({ error });
    abort.abort(error);
  }

  /** It has ended, and what it did not bring fails with it or waits again. Only the first time counts. */
  function land(failure?: { error: unknown }): void {
    if (hasLanded) return;
    hasLanded = true;
    patience.stop();
    for (const queued of missing) {
      if (!failure) putBack(queued);
      else if (own.has(queued)) queued.fail(failure.error);
    }
    events.onLand();
  }

  /** Has a fetch of this request wait for another one, if it does not do so already. */
  function putBack(queued: QueuedFetch): void {
    if (own.delete(queued) && queued.phase === 'under way') queued.phase = 'waiting';
  }

  return {
    priority,
    send,
    renew: patience.renew,

    endIfAbandoned(): void {
      if (hasLanded || missing.length === 0) return;
      if (missing.every((queued) => queued.phase === 'done')) abort.abort();
    },
  };
}
