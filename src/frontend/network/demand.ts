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
export interface FetchDemand {
  /** Aborts when the last of them has gone, or a logout ends them all. */
  readonly signal?: AbortSignal | undefined;
  /** May rise while the work waits for its turn. */
  priority: FetchPriority;
  /** Told when it did. */
  onRise?: () => void;
}

/** Requests under way at once, of all priorities, up to which one of this priority may start: more for what is more urgent. */
export const slots: Readonly<Record<FetchPriority, number>> = { high: 6, auto: 4, low: 1 };

/** The most urgent first. */
export const priorities = Object.keys(slots) as readonly FetchPriority[];

/** A priority that is none, from an application without types, is never more urgent. */
export function isMoreUrgent(one: FetchPriority, other: FetchPriority): boolean {
  return slots[one] > slots[other];
}

export function raise(demand: FetchDemand, to: FetchPriority): void {
  if (!isMoreUrgent(to, demand.priority)) return;
  demand.priority = to;
  demand.onRise?.();
}
