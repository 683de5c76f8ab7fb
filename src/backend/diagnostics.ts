import { channel } from 'node:diagnostics_channel';
import type { PixstoreErrorCode } from '../shared/errors/codes.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';

/** What is published on `pixstore:save`, `pixstore:update`, `pixstore:delete` and `pixstore:serve`. */
export interface PixstoreEvent {
  /** How long it took. */
  milliseconds: number;
  /** Of the image, or of the answer for `serve`; 0 for `delete`. */
  bytes: number;
  /** Why it failed, when it did; `UNEXPECTED` for an error that is not a `PixstoreError`. */
  error?: PixstoreErrorCode | 'UNEXPECTED';
}

const channels = {
  save: channel('pixstore:save'),
  update: channel('pixstore:update'),
  delete: channel('pixstore:delete'),
  serve: channel('pixstore:serve'),
};

/**
 * Publishes how work went on the channel `pixstore:{name}` of `node:diagnostics_channel`, when anybody listens. Events
 * carry no ids, keys or proofs.
 */
export async function observed<Result>(
  name: keyof typeof channels,
  work: () => Promise<Result>,
  sizeOf: (result: Result | undefined) => number,
): Promise<Result> {
  const { hasSubscribers } = channels[name];
  if (!hasSubscribers) return work();
  const begun = performance.now();
  const publish = (bytes: number, failed: Pick<PixstoreEvent, 'error'> = {}) =>
    channels[name].publish({ milliseconds: performance.now() - begun, bytes, ...failed } satisfies PixstoreEvent);
  try {
    const result = await work();
    publish(sizeOf(result));
    return result;
  } catch (error) {
    publish(sizeOf(undefined), { error: error instanceof PixstoreError ? error.code : 'UNEXPECTED' });
    throw error;
  }
}
