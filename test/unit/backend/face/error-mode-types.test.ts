// Checked by the compiler (`npm run check:types`): what methods return, by the error mode that a backend was made with.
import { expectTypeOf, test } from 'vitest';
import {
  type BackendConfig,
  createPixstoreBackend,
  initPixstoreBackend,
  type PixstoreBackend,
  saveImage,
} from '../../../../src/backend/index.js';
import type { ImageRecord } from '../../../../src/types/index.js';

/** What a method resolves to, or returns. */
type Given<Backend extends PixstoreBackend, Name extends keyof PixstoreBackend> = Backend[Name] extends (
  ...args: never[]
) => infer Result
  ? Awaited<Result>
  : never;

// Never called: only their types are asked for.
const create = () => createPixstoreBackend({ errorHandlingMode: 'throw', metrics: true });
const init = () => initPixstoreBackend({ errorHandlingMode: 'throw' });
const hybrid = () => createPixstoreBackend({ metrics: true });
const told = (config: BackendConfig) => createPixstoreBackend({ errorHandlingMode: 'throw', ...config });
const either = (mode: 'throw' | 'silent') => createPixstoreBackend({ errorHandlingMode: mode });

type Throwing = ReturnType<typeof create>;

test('a backend that throws returns null for no error', () => {
  expectTypeOf<Given<Throwing, 'saveImage'>>().toEqualTypeOf<ImageRecord>();
  expectTypeOf<Given<Throwing, 'saveImageFromFile'>>().toEqualTypeOf<ImageRecord>();
  expectTypeOf<Given<Throwing, 'updateImage'>>().toEqualTypeOf<ImageRecord>();
  expectTypeOf<Given<Throwing, 'updateImageFromFile'>>().toEqualTypeOf<ImageRecord>();
  expectTypeOf<Given<Throwing, 'deleteImage'>>().toEqualTypeOf<boolean>();
  expectTypeOf<Given<Throwing, 'deleteImages'>>().toEqualTypeOf<number>();
  expectTypeOf<Given<Throwing, 'imageExists'>>().toEqualTypeOf<boolean>();
  expectTypeOf<Given<Throwing, 'customEndpointHelper'>>().toEqualTypeOf<Uint8Array>();
  expectTypeOf<Given<Throwing, 'customEndpointBatchHelper'>>().toEqualTypeOf<AsyncIterable<Uint8Array>>();
  for (const name of ['stats', 'health', 'backup'] as const)
    expectTypeOf<null>().not.toExtend<Given<Throwing, typeof name>>();
  expectTypeOf(init).returns.toEqualTypeOf<Throwing>();
});

test('null stays where it says that there is no such image', () => {
  expectTypeOf<Given<Throwing, 'getImageRecord'>>().toEqualTypeOf<ImageRecord | null>();
  expectTypeOf<Given<Throwing, 'getImageRecords'>>().toEqualTypeOf<(ImageRecord | null)[]>();
});

test('by default, in the modes that return null, and where the mode is not known, errors are null', () => {
  type Saved<Make extends (...args: never[]) => PixstoreBackend> = Given<ReturnType<Make>, 'saveImage'>;
  expectTypeOf<Saved<typeof hybrid>>().toEqualTypeOf<ImageRecord | null>();
  expectTypeOf<Saved<typeof told>>().toEqualTypeOf<ImageRecord | null>();
  expectTypeOf<Given<ReturnType<typeof either>, 'saveImage'>>().toEqualTypeOf<ImageRecord | null>();
  expectTypeOf<Given<PixstoreBackend, 'getImageRecords'>>().toEqualTypeOf<(ImageRecord | null)[] | null>();
  expectTypeOf(saveImage).returns.resolves.toEqualTypeOf<ImageRecord | null>();
});

test('one that throws is a backend like any other, and not the other way round', () => {
  expectTypeOf<Throwing>().toExtend<PixstoreBackend>();
  expectTypeOf<PixstoreBackend>().not.toExtend<Throwing>();
});
