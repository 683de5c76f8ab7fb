import type { ImageRecord } from '../../types/index.js';
import type { FetchDemand } from './demand.js';

/**
 *   waiting ── a request is sent for it ──────────────────────────► under way
 *   under way ── the request stalls, or ends well without it ─────► waiting
 *   under way ── its bytes came, or the request failed ───────────► done
 *   waiting, under way ── nobody wants it any more ───────────────► done
 */
export type FetchPhase = 'waiting' | 'under way' | 'done';

/** An image that is waited for. */
export interface QueuedFetch {
  readonly record: ImageRecord;
  readonly demand: FetchDemand;
  phase: FetchPhase;
  /** How many requests were sent for it. */
  timesSent: number;
  /** Ends the wait with what came; nothing happens when it has ended. */
  deliver(payload: Uint8Array): void;
  /** Ends the wait with an error; nothing happens when it has ended. */
  fail(error: unknown): void;
}
