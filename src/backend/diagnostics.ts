import { channel } from 'node:diagnostics_channel';
import { tell } from '../shared/callbacks.js';
import type { PixstoreErrorCode } from '../shared/errors/codes.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { imageIdOf, isImageId, variantOf } from '../shared/protocol/image-id.js';
import type { WirePayloadState } from '../shared/protocol/states.js';
import type { OnServed } from './serving/authorised-answers.js';

/** What is published on `pixstore:save`, `pixstore:update`, `pixstore:delete` and `pixstore:serve`. */
export interface PixstoreEvent {
  /** The image; left out where none was made, or what was asked for is no id. */
  id?: string;
  /** The variant that was asked for; left out for the original. */
  variant?: string;
  /** For whom the record was made, or who asked, as the application says it; null is everybody. Left out by `delete`. */
  audience?: string | null;
  /**
   * Of `serve`: what was answered, as `WirePayloadState` names it; `Decrypted` by a handler of decrypted pictures. Left out
   * when it failed.
   */
  state?: keyof typeof WirePayloadState | 'Decrypted';
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

/** What `onServe` and `pixstore:serve` are told of. */
export type ServeEvent = PixstoreEvent;

/** Makes what publishes how images were served on `pixstore:serve`, and tells it to the option `onServe`. */
export function createServePublisher(onServe: ((event: ServeEvent) => void) | undefined): OnServed {
  return (asked, milliseconds, bytes, outcome) => {
    const { hasSubscribers } = channels.serve;
    if (!onServe && !hasSubscribers) return;
    const { id, audience = null } = asked;
    const event: ServeEvent = { ...subjectOf(id), audience, ...eventOf(milliseconds, bytes, outcome.error) };
    if (outcome.state !== undefined) event.state = outcome.state;
    if (hasSubscribers) publish('serve', event);
    if (onServe)
      tell(
        () => onServe({ ...event }),
        (error) => warnOnce('onServe', error),
      );
  };
}

/** What an event is about. */
export type Subject = Pick<PixstoreEvent, 'id' | 'variant' | 'audience'>;

/** Nothing that is no id: it may be anything that a stranger sent. */
export function subjectOf(id: unknown): Subject {
  if (!isImageId(id)) return {};
  const variant = variantOf(id);
  return { id: imageIdOf(id), ...(variant !== undefined && { variant }) };
}

type ChannelName = keyof typeof channels;
type Subscriber = (event: PixstoreEvent, channelName: string) => unknown;

const failedBefore = new Set<string>();

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
      (error) => warnOnce(`a subscriber of pixstore:${name}`, error),
    );
  }
}

/** Once is enough: a subscriber that fails will fail at every image. */
function warnOnce(name: string, error: unknown): void {
  if (failedBefore.has(name)) return;
  failedBefore.add(name);
  // Its message may name paths; of errors that are not ours, only the kind is told.
  process.emitWarning(`${name} failed, which is said once: ${(error as Error)?.name}`);
}

function eventOf(milliseconds: number, bytes: number, error: unknown): PixstoreEvent {
  if (error === undefined) return { milliseconds, bytes };
  return { milliseconds, bytes, error: error instanceof PixstoreError ? error.code : 'UNEXPECTED' };
}

/**
 * Publishes how work went on the channel `pixstore:{name}` of `node:diagnostics_channel`, when anybody listens. Events
 * carry no keys or proofs.
 *
 * @param subject - what it was about, once the work is done; asked also when it failed
 */
export async function observed<Result>(
  name: Exclude<ChannelName, 'serve'>,
  work: () => Promise<Result>,
  subject: (result?: Result) => Subject,
  bytes = () => 0,
): Promise<Result> {
  const { hasSubscribers } = channels[name];
  if (!hasSubscribers) return work();
  const begun = performance.now();
  const tellHow = (about: Partial<PixstoreEvent>, error?: unknown) =>
    publish(name, { ...about, ...eventOf(performance.now() - begun, bytes(), error) });
  try {
    const result = await work();
    tellHow(subject(result));
    return result;
  } catch (error) {
    tellHow(subject(), error);
    throw error;
  }
}
