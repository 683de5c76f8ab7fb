import type { ImageRecord } from '../../types/index.js';
import { readCacheStats } from '../loading/cache-stats.js';
import type { BytesShown, UrlShown } from '../loading/image-observer.js';
import type { LoadedImage } from '../loading/load-image.js';
import type { ObserverParts } from '../loading/observe.js';
import { createObservers, type Observers } from '../loading/observers.js';
import { prefetch } from '../loading/prefetch.js';
import { assertLoadable, versionOf } from '../loading/record.js';
import type { ShownImage } from '../loading/show-image.js';
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

export function observeOf<Context>(created: CreatedFrontend<Context>): ObservableFrontend<Context>['observe'] {
  const { client } = created;
  const parts: ObserverParts<ShownImage, UrlShown> = {
    ...client,
    toFound: (id, image) => client.current().toShown(id, image),
    hold({ version, image, source }) {
      const { url, release } = client.hold(version, image);
      return { snapshot: { status: 'loaded', url, source }, leave: release };
    },
  };
  return (...given) => observersOf(created).observe(parts, ...given);
}

/** Of what is observed for its bytes no Blob is made, and no URL: of many small images those take most of the time. */
export function observeBytesOf<Context>(
  created: CreatedFrontend<Context>,
): ObservableFrontend<Context>['observeBytes'] {
  const { client, options } = created;
  const parts: ObserverParts<LoadedImage, BytesShown> = {
    findInMemory(record) {
      client.begin();
      assertLoadable(record);
      const kept = client.memory.get(record.id, versionOf(record));
      return kept && { ...kept, source: 'memory' };
    },
    async find(record, context, call) {
      client.begin(call);
      assertLoadable(record);
      const begun = options.now();
      const loaded = await client.current().load(record, context, call);
      count(record, loaded, begun);
      return loaded;
    },
    count,
    toFound: (_, image) => image,
    hold: ({ picture, source }) => ({ snapshot: { status: 'loaded', picture, source }, leave() {} }),
  };

  function count(record: ImageRecord, { token, source, picture }: LoadedImage, begun?: number): void {
    client.count(record, { token, source, image: { size: picture.bytes.length } }, begun);
  }

  return (...given) => observersOf(created).observe(parts, ...given);
}

/** The same ones each time. */
function observersOf<Context>({ client: { watching }, options }: CreatedFrontend<Context>): Observers {
  watching.observers ??= createObservers(logFailure('A subscriber', options.logger));
  return watching.observers;
}
