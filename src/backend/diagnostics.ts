import { channel } from 'node:diagnostics_channel';
import { tell } from '../shared/callbacks.js';
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
  if (channels.serve.hasSubscribers) publish('serve', eventOf(milliseconds, bytes, error));
}

type ChannelName = keyof typeof channels;
type Subscriber = (event: PixstoreEvent, channelName: string) => unknown;

const failedBefore = new Set<ChannelName>();

/**
 * Tells all subscribers. `channel.publish` would hand what one of them throws to the process, which ends by it; what an
 * asynchronous one rejects with, too. See docs/decisions/0023-telling.md.
 */
function publish(name: ChannelName, event: PixstoreEvent): void {
  const target = channels[name];
  const { _subscribers: subscribers } = target as { _subscribers?: unknown };
  if (!Array.isArray(subscribers)) {
    target.publish(event);
    return;
  }
  for (const subscriber of subscribers as readonly Subscriber[]) {
    tell(
      () => subscriber(event, `pixstore:${name}`),
      (error) => warnOnce(name, error),
    );
  }
}

/** Once is enough: a subscriber that fails will fail at every image. */
function warnOnce(name: ChannelName, error: unknown): void {
  if (failedBefore.has(name)) return;
  failedBefore.add(name);
  // Its message may name paths; of errors that are not ours, only the kind is told.
  process.emitWarning(`a subscriber of pixstore:${name} failed, which is said once: ${(error as Error)?.name}`);
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
  name: Exclude<ChannelName, 'serve'>,
  work: () => Promise<Result>,
  bytes = () => 0,
): Promise<Result> {
  const { hasSubscribers } = channels[name];
  if (!hasSubscribers) return work();
  const begun = performance.now();
  const tellHow = (error?: unknown) => publish(name, eventOf(performance.now() - begun, bytes(), error));
  try {
    const result = await work();
    tellHow();
    return result;
  } catch (error) {
    tellHow(error);
    throw error;
  }
}
