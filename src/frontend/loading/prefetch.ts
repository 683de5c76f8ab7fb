import type { ImageRecord } from '../../types/index.js';
import type { GetImageOptions } from '../network/demand.js';
import type { Generations } from './generations.js';
import { assertLoadable, assertRecords, type Records } from './record.js';

/** What prefetching needs of its client. */
export interface PrefetchParts {
  /** What a call begins with; throws when it is aborted, or the client closed. */
  begin(call?: GetImageOptions): void;
  current: Generations['current'];
}

/** Keeps images that will be wanted; one that fails is left out. */
export async function prefetch(
  { begin, current }: PrefetchParts,
  records: Records,
  context?: unknown,
  call?: GetImageOptions,
): Promise<void> {
  const atOnce = 32;
  begin(call);
  assertRecords(records);
  const { generation, load } = current();
  const mayKeep = generation.watch();
  const waiting = records.slice();

  /** What is no record, null as well, fails here, and takes nobody along. */
  async function prefetchOne(record: ImageRecord | null): Promise<void> {
    assertLoadable(record);
    if (mayKeep(record.id)) await load(record, context, { ...call, priority: 'low' });
  }

  // After a logout, and when the frontend is closed, nothing of it would be kept.
  while (waiting.length > 0 && !generation.isOver()) {
    call?.signal?.throwIfAborted();
    await Promise.allSettled(waiting.splice(0, atOnce).map(prefetchOne));
  }
  generation.signal.throwIfAborted();
}
