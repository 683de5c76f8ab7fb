import { expectTypeOf, test } from 'vitest';
import {
  type CacheStats,
  createPixstoreFrontend,
  type FrontendConfig,
  type ImageRecord,
  type ImageUrl,
  initPixstoreFrontend,
  type ObservableFrontend,
  type PixstoreFrontend,
  type RefreshRecords,
} from '../../../../src/frontend/index.js';
import type { ErrorHandlingMode } from '../../../../src/types/index.js';

// What the compiler says of these is the test: nothing of it runs.
type Got<
  Frontend extends ObservableFrontend | PixstoreFrontend,
  Name extends keyof Frontend & ('getImage' | 'getImageUrl' | 'cacheStats'),
> = Frontend[Name] extends (...given: never) => Promise<infer Result> ? Result : never;

declare const records: ImageRecord[];
declare const withGaps: (ImageRecord | null)[];
declare const parsedJson: ReturnType<typeof JSON.parse>;

test('in mode throw there is no null to look for, neither of an instance nor of the default one', () => {
  const create = () => createPixstoreFrontend({ errorHandlingMode: 'throw' });
  const init = () => initPixstoreFrontend({ errorHandlingMode: 'throw', fetchRetries: 0 });
  type Created = ReturnType<typeof create>;
  expectTypeOf<Got<Created, 'getImage'>>().toEqualTypeOf<Blob>();
  expectTypeOf((frontend: Created) => frontend.getImages(records)).returns.resolves.toEqualTypeOf<Blob[]>();
  expectTypeOf<Got<Created, 'getImageUrl'>>().toEqualTypeOf<ImageUrl>();
  expectTypeOf<Got<Created, 'cacheStats'>>().toEqualTypeOf<CacheStats>();
  expectTypeOf<Got<ReturnType<typeof init>, 'getImage'>>().toEqualTypeOf<Blob>();
});

test('in every other mode, and where the mode is known only at run time, there is', () => {
  const byDefault = () => createPixstoreFrontend<{ login: string }>();
  const hybrid = () => initPixstoreFrontend({ errorHandlingMode: 'hybrid' });
  const whatever = (errorHandlingMode: ErrorHandlingMode) => createPixstoreFrontend({ errorHandlingMode });
  expectTypeOf<Awaited<ReturnType<ReturnType<typeof byDefault>['getImage']>>>().toEqualTypeOf<Blob | null>();
  expectTypeOf((frontend: ReturnType<typeof hybrid>) => frontend.getImages(records)).returns.resolves.toEqualTypeOf<
    (Blob | null)[] | null
  >();
  expectTypeOf<Got<ReturnType<typeof whatever>, 'getImage'>>().toEqualTypeOf<Blob | null>();
});

test('null in a list is null in what comes of it, also where nothing is known of the list', () => {
  const create = () => createPixstoreFrontend({ errorHandlingMode: 'throw' });
  type Created = ReturnType<typeof create>;
  expectTypeOf((frontend: Created) => frontend.getImages(withGaps)).returns.resolves.toEqualTypeOf<(Blob | null)[]>();
  expectTypeOf((frontend: Created) => frontend.getImages(parsedJson)).returns.resolves.toEqualTypeOf<(Blob | null)[]>();
  expectTypeOf<Created['prefetchImages']>().toBeCallableWith([null]);
});

test('refreshRecords gets the context that calls are given, and the compiler holds the two together', () => {
  const create = () =>
    createPixstoreFrontend({
      defaultEndpointConnectHost: 'same-origin',
      refreshRecords: async (_ids, context: { album: string } | undefined) => {
        expectTypeOf(context).toEqualTypeOf<{ album: string } | undefined>();
        return [];
      },
    });
  expectTypeOf<Parameters<ReturnType<typeof create>['getImage']>[1]>().toEqualTypeOf<{ album: string } | undefined>();
  expectTypeOf<FrontendConfig<{ album: string }>['refreshRecords']>().toEqualTypeOf<
    RefreshRecords<{ album: string }> | undefined
  >();
});

test('a frontend that throws may stand where any may', () => {
  expectTypeOf<PixstoreFrontend<unknown, never>>().toExtend<PixstoreFrontend>();
  expectTypeOf<PixstoreFrontend>().not.toExtend<PixstoreFrontend<unknown, never>>();
});
