import { expectTypeOf, test } from 'vitest';
import {
  type CacheStats,
  createPixstoreFrontend,
  type ImageUrl,
  initPixstoreFrontend,
  type PixstoreFrontend,
} from '../../../../src/frontend/index.js';
import type { ErrorHandlingMode } from '../../../../src/types/index.js';

// What the compiler says of these is the test: nothing of it runs.
type Got<
  Frontend extends PixstoreFrontend,
  Name extends 'getImage' | 'getImages' | 'getImageUrl' | 'cacheStats',
> = Awaited<ReturnType<Frontend[Name]>>;

test('in mode throw there is no null to look for, neither of an instance nor of the default one', () => {
  const create = () => createPixstoreFrontend({ errorHandlingMode: 'throw' });
  const init = () => initPixstoreFrontend({ errorHandlingMode: 'throw', fetchRetries: 0 });
  type Created = ReturnType<typeof create>;
  expectTypeOf<Got<Created, 'getImage'>>().toEqualTypeOf<Blob>();
  expectTypeOf<Got<Created, 'getImages'>>().toEqualTypeOf<Blob[]>();
  expectTypeOf<Got<Created, 'getImageUrl'>>().toEqualTypeOf<ImageUrl>();
  expectTypeOf<Got<Created, 'cacheStats'>>().toEqualTypeOf<CacheStats>();
  expectTypeOf<Got<ReturnType<typeof init>, 'getImage'>>().toEqualTypeOf<Blob>();
});

test('in every other mode, and where the mode is known only at run time, there is', () => {
  const byDefault = () => createPixstoreFrontend<{ login: string }>();
  const hybrid = () => initPixstoreFrontend({ errorHandlingMode: 'hybrid' });
  const whatever = (errorHandlingMode: ErrorHandlingMode) => createPixstoreFrontend({ errorHandlingMode });
  expectTypeOf<Awaited<ReturnType<ReturnType<typeof byDefault>['getImage']>>>().toEqualTypeOf<Blob | null>();
  expectTypeOf<Got<ReturnType<typeof hybrid>, 'getImages'>>().toEqualTypeOf<(Blob | null)[] | null>();
  expectTypeOf<Got<ReturnType<typeof whatever>, 'getImage'>>().toEqualTypeOf<Blob | null>();
});

test('a frontend that throws may stand where any may', () => {
  expectTypeOf<PixstoreFrontend<unknown, never>>().toExtend<PixstoreFrontend>();
  expectTypeOf<PixstoreFrontend>().not.toExtend<PixstoreFrontend<unknown, never>>();
});
