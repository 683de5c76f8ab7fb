import { readCacheStats } from '../loading/cache-stats.js';
import { createObservers } from '../loading/observers.js';
import { prefetch } from '../loading/prefetch.js';
import { logFailure } from './callbacks.js';
import type { CreatedFrontend } from './frontend.js';
import type { ObservableFrontend } from './public-api.js';

// What not every page needs: a page loads only those that it imports.

export function prefetchImagesOf<Context>({
  client,
  run,
}: CreatedFrontend<Context>): ObservableFrontend<Context>['prefetchImages'] {
  return async (records, context, call) => {
    await run(() => prefetch(client, records, context, call), call);
  };
}

export function cacheStatsOf<Context>({
  client,
  run,
}: CreatedFrontend<Context>): ObservableFrontend<Context>['cacheStats'] {
  return () => run(() => readCacheStats(client));
}

export function observeOf<Context>({
  client,
  options,
}: CreatedFrontend<Context>): ObservableFrontend<Context>['observe'] {
  const { watching, current } = client;
  // The same ones each time.
  watching.observers ??= createObservers({
    ...client,
    toShown: (id, image) => current().toShown(id, image),
    onSubscriberFailed: logFailure('A subscriber', options.logger),
  });
  return watching.observers.observe;
}
