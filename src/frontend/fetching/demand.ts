/** What goes first when not everything can: what is visible, then the rest, then what may be wanted later. */
export type FetchPriority = 'high' | 'auto' | 'low';

/** How one call goes about it. */
export interface GetImageOptions {
  /** Ends the wait: the call rejects with the signal's reason, in every error mode. */
  signal?: AbortSignal | undefined;
  /** Default `auto`. Of calls for the same version at the same time the most urgent counts. */
  priority?: FetchPriority | undefined;
}

/** What all callers that share one piece of work want together. */
export interface Demand {
  /** Aborts when the last of them has gone, or a logout ends them all. */
  readonly signal?: AbortSignal | undefined;
  /** May rise while the work waits for its turn. */
  priority: FetchPriority;
  /** Told when it did. */
  onRise?: () => void;
}

/** By priority, the most urgent first: requests under way at once, up to which one of it may start. */
export const slots: Readonly<Record<FetchPriority, number>> = { high: 6, auto: 4, low: 1 };

export function raise(demand: Demand, to: FetchPriority): void {
  if (!(slots[to] > slots[demand.priority])) return;
  demand.priority = to;
  demand.onRise?.();
}
