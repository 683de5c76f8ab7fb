import { maxBatchEntries } from '../../shared/protocol/batch.js';
import { type FetchDemand, type FetchPriority, priorities, slots } from './demand.js';

/** All that the planner has to know of a fetch. */
export interface PlannableFetch {
  readonly demand: Pick<FetchDemand, 'priority'>;
}

/** How things stand when it is decided what goes out. */
export interface LineState<Fetch extends PlannableFetch> {
  /**
   * Only what is visible may go out beside the first request: since a large gallery met an idle line, until the images
   * that are seen first came, it lasted too long, or a request ended.
   */
  isHeadStart: boolean;
  /** In the order in which they were asked for. */
  waiting: readonly Fetch[];
  /** How many requests there are. */
  underWay: number;
  /** May a request ask for more than one image? */
  takesBatches: boolean;
  /** How large payloads were of late. */
  meanBytes: number;
}

export interface PlannedRequest<Fetch extends PlannableFetch> {
  priority: FetchPriority;
  fetches: Fetch[];
}

/** What goes out now; what is not in it goes on waiting. */
export interface Plan<Fetch extends PlannableFetch> {
  requests: PlannedRequest<Fetch>[];
  /** The first request gets a head start: a line that was open is not any more. */
  beginsHeadStart: boolean;
}

/** The images of a large gallery that are seen first: when they are there, the others may go out. */
export const imagesAhead = 16;

// Without batches the browser itself lets few through at a time, and those behind should be ready: so many times more.
const slotsWithoutBatches = 3;
// Fewer images are not worth one request more.
const leastPerRequest = 8;
// What is lost when a request fails, and what others wait behind, stays within bounds.
const mostBytesPerRequest = 2_000_000;

/**
 * Decides which fetches go out now, and in which requests: few, the most urgent first, and of a large gallery those
 * ahead that are seen first. It changes nothing and waits for nothing; whoever asks it sends the requests.
 */
export function planRequests<Fetch extends PlannableFetch>(state: LineState<Fetch>): Plan<Fetch> {
  const { isHeadStart, waiting, takesBatches, meanBytes } = state;
  const least = takesBatches ? leastPerRequest : 1;
  const most = takesBatches ? Math.min(maxBatchEntries, Math.ceil(mostBytesPerRequest / meanBytes)) : 1;
  const requests: PlannedRequest<Fetch>[] = [];
  let beginsHeadStart = false;

  for (const priority of priorities) {
    const left = waiting.filter(({ demand }) => demand.priority === priority);
    const request = (count: number) => requests.push({ priority, fetches: left.splice(0, Math.min(count, most)) });

    const isIdle = state.underWay + requests.length === 0;
    if (isIdle && takesBatches && left.length > 2 * imagesAhead) {
      beginsHeadStart = true;
      request(Math.max(imagesAhead, Math.floor(left.length / slots[priority])));
    }
    if ((beginsHeadStart || isHeadStart) && priority !== 'high') break;

    const mayBeUnderWay = slots[priority] * (takesBatches ? 1 : slotsWithoutBatches);
    const free = mayBeUnderWay - state.underWay - requests.length;
    const wanted = Math.ceil(left.length / least);
    // In equal shares, so that all slots have as much to bring.
    for (let more = Math.min(free, wanted); more > 0; more -= 1) request(Math.ceil(left.length / more));
  }
  return { requests, beginsHeadStart };
}
