import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ErrorHandlingMode } from '../../types/index.js';
import { backendOf } from './backend.js';
import { type BackendConfig, readBackendConfig } from './config.js';
import { alwaysThrowing } from './errors.js';
import { withExchangeableFunctions } from './functions.js';
import { type DefaultInstance, processState } from './process-state.js';
import type { FailureIn, PixstoreBackend } from './public-api.js';
import { type DataOptions, dataOf, differingOptions } from './same-options.js';

/**
 * Makes the one backend of the process behind the module-level functions. Called again, as hot reload and frameworks do
 * that bundle a module twice, it gives the same backend, which then calls the functions and loggers that came last. With
 * other data it is refused; after `close()` it makes a new one.
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
  return alwaysThrowing(() => {
    const given = readBackendConfig(config);
    const data = dataOf(given);
    const state = processState();
    if (state.defaultInstance) {
      requireSame(state.defaultInstance, data);
      state.defaultInstance.useFunctions(given);
      return state.defaultInstance.backend;
    }
    const { options, useFunctions } = withExchangeableFunctions(given);
    state.defaultInstance = defaultInstanceOf(backendOf(options), data, useFunctions);
    return state.defaultInstance.backend;
  });
}

/** Of the process, until it is closed. */
function defaultInstanceOf(made: PixstoreBackend, data: DataOptions, useFunctions: DefaultInstance['useFunctions']) {
  // With its getters, which open what is asked for.
  const backend: PixstoreBackend = Object.defineProperties({} as PixstoreBackend, {
    ...Object.getOwnPropertyDescriptors(made),
    close: { value: close, enumerable: true },
  });
  const instance: DefaultInstance = { backend, data, useFunctions, closing: false };

  async function close(): Promise<void> {
    instance.closing = true;
    try {
      await made.close();
    } finally {
      const state = processState();
      if (state.defaultInstance === instance) state.defaultInstance = undefined;
    }
  }
  return instance;
}

function requireSame(instance: DefaultInstance, data: DataOptions): void {
  if (instance.closing) {
    throw new PixstoreError(
      'BACKEND_ALREADY_INITIALIZED',
      'The backend of an earlier initPixstoreBackend is being closed. Await its close() first.',
    );
  }
  const differing = differingOptions(instance.data, data);
  if (differing.length === 0) return;
  const advice = differing.includes('store') ? 'Give the store by a function, which is called once, or c' : 'C';
  throw new PixstoreError(
    'BACKEND_ALREADY_INITIALIZED',
    `initPixstoreBackend was called before with other options (${differing.join(', ')}). ${advice}all close() on that backend first, or restart the process; createPixstoreBackend makes a second one.`,
  );
}

function current(): PixstoreBackend {
  return alwaysThrowing(() => {
    const { defaultInstance } = processState();
    if (defaultInstance) return defaultInstance.backend;
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

/** See {@link PixstoreBackend.readImage}. */
export const readImage: PixstoreBackend['readImage'] = async (...args) => current().readImage(...args);

/** See {@link PixstoreBackend.listImages}. */
export const listImages: PixstoreBackend['listImages'] = (...args) => current().listImages(...args);

/** See {@link PixstoreBackend.customEndpointHelper}. */
export const customEndpointHelper: PixstoreBackend['customEndpointHelper'] = async (...args) =>
  current().customEndpointHelper(...args);

/** See {@link PixstoreBackend.customEndpointBatchHelper}. */
export const customEndpointBatchHelper: PixstoreBackend['customEndpointBatchHelper'] = async (...args) =>
  current().customEndpointBatchHelper(...args);
