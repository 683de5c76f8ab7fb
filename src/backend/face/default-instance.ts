import { alwaysThrowing } from '../../shared/errors/gate.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ErrorHandlingMode } from '../../types/index.js';
import { createPixstoreBackend } from './backend.js';
import type { BackendConfig } from './config.js';
import type { FailureIn, PixstoreBackend } from './public-api.js';

let instance: PixstoreBackend | undefined;

/**
 * Makes the one backend behind the module-level functions. Call it once, first; after `close()` it may be called again.
 *
 * @throws PixstoreError `BACKEND_ALREADY_INITIALIZED`, or what `createPixstoreBackend` throws
 * @example
 * const backend = initPixstoreBackend({ accessControlAllowOrigin: 'https://app.example.com' });
 * await backend.ready;
 */
export function initPixstoreBackend<Mode extends ErrorHandlingMode = 'hybrid'>(
  config?: BackendConfig<Mode>,
): PixstoreBackend<FailureIn<Mode>>;
export function initPixstoreBackend(config?: BackendConfig): PixstoreBackend {
  alwaysThrowing(requireNoInstance);
  const backend = createPixstoreBackend(config);
  // With its getters, which open what is asked for.
  const close = () =>
    backend.close().finally(() => {
      if (instance === own) instance = undefined;
    });
  const own: PixstoreBackend = Object.defineProperties({} as PixstoreBackend, {
    ...Object.getOwnPropertyDescriptors(backend),
    close: { value: close, enumerable: true },
  });
  instance = own;
  return own;
}

function requireNoInstance(): void {
  if (!instance) return;
  throw new PixstoreError(
    'BACKEND_ALREADY_INITIALIZED',
    'initPixstoreBackend was called before. Call close() on that backend first, or use createPixstoreBackend for a second one.',
  );
}

function current(): PixstoreBackend {
  return alwaysThrowing(() => {
    if (instance) return instance;
    throw new PixstoreError(
      'BACKEND_NOT_INITIALIZED',
      'No backend is there yet, or it was closed. Call initPixstoreBackend() first.',
    );
  });
}

/** See {@link PixstoreBackend.saveImage}. */
export const saveImage: PixstoreBackend['saveImage'] = async (...args) => current().saveImage(...args);

/** See {@link PixstoreBackend.saveImageFromFile}. */
export const saveImageFromFile: PixstoreBackend['saveImageFromFile'] = async (...args) =>
  current().saveImageFromFile(...args);

/** See {@link PixstoreBackend.updateImage}. */
export const updateImage: PixstoreBackend['updateImage'] = async (...args) => current().updateImage(...args);

/** See {@link PixstoreBackend.updateImageFromFile}. */
export const updateImageFromFile: PixstoreBackend['updateImageFromFile'] = async (...args) =>
  current().updateImageFromFile(...args);

/** See {@link PixstoreBackend.deleteImage}. */
export const deleteImage: PixstoreBackend['deleteImage'] = async (...args) => current().deleteImage(...args);

/** See {@link PixstoreBackend.deleteImages}. */
export const deleteImages: PixstoreBackend['deleteImages'] = async (...args) => current().deleteImages(...args);

/** See {@link PixstoreBackend.imageExists}. */
export const imageExists: PixstoreBackend['imageExists'] = (...args) => current().imageExists(...args);

/** See {@link PixstoreBackend.getImageRecord}. */
export const getImageRecord: PixstoreBackend['getImageRecord'] = (...args) => current().getImageRecord(...args);

/** See {@link PixstoreBackend.getImageRecords}. */
export const getImageRecords: PixstoreBackend['getImageRecords'] = async (...args) =>
  current().getImageRecords(...args);

/** See {@link PixstoreBackend.customEndpointHelper}. */
export const customEndpointHelper: PixstoreBackend['customEndpointHelper'] = async (...args) =>
  current().customEndpointHelper(...args);

/** See {@link PixstoreBackend.customEndpointBatchHelper}. */
export const customEndpointBatchHelper: PixstoreBackend['customEndpointBatchHelper'] = async (...args) =>
  current().customEndpointBatchHelper(...args);
