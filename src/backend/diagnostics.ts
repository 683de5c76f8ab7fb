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

/** Publishes how an image was served on `pixstore:serve`. */
export function publishServed(milliseconds: number, bytes: number, error?: unknown): void {
  const { serve } = channels;
  if (serve.hasSubscribers) serve.publish(eventOf(milliseconds, bytes, error));
}

function eventOf(milliseconds: number, bytes: number, error: unknown): PixstoreEvent {
  if (error === undefined) return { milliseconds, bytes };
  return { milliseconds, bytes, error: error instanceof PixstoreError ? error.code : 'UNEXPECTED' };
}

/**
 * Publishes how work went on the channel `pixstore:{name}` of `node:diagnostics_channel`, when anybody listens. Events
 * carry no ids, keys or proofs.
 */
export async function observed<Result>(
  name: Exclude<keyof typeof channels, 'serve'>,
  work: () => Promise<Result>,
  bytes = () => 0,
): Promise<Result> {
  const { hasSubscribers } = channels[name];
  if (!hasSubscribers) return work();
  const begun = performance.now();
  const publish = (error?: unknown) => channels[name].publish(eventOf(performance.now() - begun, bytes(), error));
  try {
    const result = await work();
    publish();
    return result;
  } catch (error) {
    publish(error);
    throw error;
  }
}
