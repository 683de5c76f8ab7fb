import { tell } from '../../shared/callbacks.js';

/**
 * Those who want to be told of changes. One that fails hurts no other, and one that leaves while others are told is not
 * told any more.
 *
 * @param onFailed - told what a listener threw, or rejected with
 *
 * @example
 * const subscribers = createSubscribers<number>((error) => logger.error(`[pixstore] ${error}`));
 * const unsubscribe = subscribers.add((value) => show(value));
 * subscribers.tellAll(1);
 */
export function createSubscribers<Value>(onFailed: (error: unknown) => void) {
  // Objects of their own: the same listener may subscribe twice, and then leaves twice.
  const subscribed = new Set<{ listener: (value: Value) => void }>();
  let changes = 0;

  return {
    add(listener: (value: Value) => void): () => void {
      const subscriber = { listener };
      subscribed.add(subscriber);
      return () => void subscribed.delete(subscriber);
    },

    isEmpty: () => subscribed.size === 0,

    clear: () => subscribed.clear(),

    tellAll(value: Value): void {
      changes += 1;
      const change = changes;
      for (const subscriber of [...subscribed]) {
        // A listener made the next change, and all were told of that: nobody may hear of this one last.
        if (change !== changes) return;
        if (subscribed.has(subscriber)) tell(() => subscriber.listener(value), onFailed);
      }
    },
  };
}
