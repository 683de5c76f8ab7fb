import { createErrorGate } from '../../shared/errors/gate.js';
import type { ErrorHandlingMode } from '../../types/index.js';
import { createEngine } from '../engine.js';
import { type DefaultServer, startDefaultServer } from '../servers/default-server.js';
import { nodeHandler } from '../servers/node-handler.js';
import type { NodeRequest } from '../servers/node-http.js';
import type { HandlerOptions } from '../serving/handler.js';
import { createUploads } from '../serving/uploads/uploads.js';
import { placeOf } from './backup-place.js';
import { type BackendConfig, type CheckedOptions, readBackendConfig } from './config.js';
import { engineOptionsOf } from './engine-options.js';
import { alwaysThrowing } from './errors.js';
import { endpointEnabled } from './handlers.js';
import type { FailureIn, PixstoreBackend } from './public-api.js';

// So many times as much as is encrypted and written at once may be on its way here: networks are slower than disks.
const heldUploads = 4;

const exportedInTheClear =
  'exported pictures are files in the clear: whoever can read the folder sees them. Only you may, until you say otherwise; remove it when it is no longer wanted';

/**
 * Makes a backend: an engine, with a server of its own unless told otherwise, whose errors are what `errorHandlingMode`
 * makes of them. Several may stand side by side when they share neither port nor database.
 *
 * @throws PixstoreError `CONFIG_INVALID`, `MASTER_KEY_*`, `DATABASE_*`, `IMAGE_DIR_UNUSABLE`, `SQLITE_MISSING`,
 * in every error mode: without a backend there is no mode to go by
 * @example
 * const backend = createPixstoreBackend({ databasePath: 'data/images.sqlite', imageRootDir: 'data/images' });
 * await backend.ready;
 */
export function createPixstoreBackend<Mode extends ErrorHandlingMode = 'hybrid'>(
  config?: BackendConfig<Mode>,
): PixstoreBackend<FailureIn<Mode>>;
// Which mode it is shows in the types of whoever calls it. In here all are the same.
export function createPixstoreBackend(config?: BackendConfig): PixstoreBackend {
  return backendOf(alwaysThrowing(() => readBackendConfig(config)));
}

/** A backend with options that were read. @throws PixstoreError as `createPixstoreBackend` */
export function backendOf(options: CheckedOptions): PixstoreBackend {
  const engine = alwaysThrowing(() => createEngine(engineOptionsOf(options)));
  if (options.statelessKeyWindowLength === -1) {
    options.logger.warn(
      '[pixstore] statelessKeyWindowLength is -1: whoever knows the id of an image is served it, without proof',
    );
  }
  const { run, runAsync } = createErrorGate(options.errorHandlingMode, options.logger);
  const server = options.defaultEndpointEnabled ? alwaysThrowing(openWithServer) : null;

  /** What one of many failed by is treated as the error mode says, and takes no other along. */
  function fail(error: unknown): null {
    return run(() => {
      throw error;
    });
  }

  /** What serves at once is opened at once, so that what keeps it from being opened is told at once. */
  function openWithServer(): DefaultServer {
    try {
      const opened = engine.open();
      const started = startServer();
      return { ...started, ready: Promise.all([opened, started.ready]).then(() => {}) };
    } catch (error) {
      void engine.close();
      throw error;
    }
  }

  function startServer(): DefaultServer {
    const clientOf = options.rateLimit?.clientOf as HandlerOptions<NodeRequest>['clientOf'];
    const { defaultEndpointRoute: route, defaultEndpointTimeouts: timeouts } = options;
    const handler = nodeHandler(engine.endpoint, {
      route,
      clientOf,
      timeouts,
      requestOf: (request: NodeRequest) => request,
    });
    return startDefaultServer(handler, options.defaultEndpointListenHost, options.defaultEndpointListenPort, {
      connections: options.defaultEndpointMaxConnections,
      timeouts,
    });
  }

  /** Opens everything. Whoever does not wait for it is told by the first call that needs it. */
  async function open(): Promise<void> {
    await engine.open();
  }

  function requireOwnEndpoint(caller: string): void {
    if (server) throw endpointEnabled(caller);
  }

  return {
    saveImage: (...args) => runAsync(() => engine.saveImage(...args)),
    saveImageFromFile: (...args) => runAsync(() => engine.saveImageFromFile(...args)),
    updateImage: (...args) => runAsync(() => engine.updateImage(...args)),
    updateImageFromFile: (...args) => runAsync(() => engine.updateImageFromFile(...args)),
    deleteImage: (id) => runAsync(() => engine.deleteImage(id)),
    deleteImages: (dir) => runAsync(() => engine.deleteImages(dir)),
    imageExists: (id) => run(() => engine.imageExists(id)),
    getImageRecord: (id, who) => run(() => engine.getImageRecord(id, who)),
    getImageRecords: (ids, who) =>
      runAsync(async () => {
        const records = await engine.getImageRecords(ids, who);
        return records.map((record) => (record.status === 'fulfilled' ? record.value : fail(record.reason)));
      }),
    readImage: (id, part) => runAsync(() => engine.readImage(id, part)),
    // Errors of these are thrown in every mode: what ends without one is whole, or done.
    adopt: engine.adopt,
    listImages: (which) => engine.listImages(which),
    rebuild: (which) => engine.rebuild(which),
    copyTo: (store, options) => engine.copyTo(store, options),
    backUpTo: (place, options) => engine.backUpTo(() => placeOf(place), options),
    restoreFrom: (place, options) => engine.restoreFrom(() => placeOf(place), options),
    verifyBackup: (place, options) => engine.verifyBackup(() => placeOf(place), options),
    check: (which) => engine.check(which),
    sweep: (which) => engine.sweep(which),
    reencrypt: (which) => engine.reencrypt(which),
    keys: () => runAsync(engine.keys),
    migrateFromV3: (from) => engine.migrateFromV3(from),
    exportImages: (folder, which) => {
      options.logger.warn(`[pixstore] ${exportedInTheClear}`);
      return engine.exportImages(folder, which);
    },
    importImages: (from, how) => engine.importImages(from, how),
    rotateMasterKey: (rotation) => engine.rotateMasterKey(rotation),
    customEndpointHelper: (id, token, proof, who) =>
      runAsync(async () => {
        requireOwnEndpoint('customEndpointHelper');
        return engine.payload(id, token, proof, who);
      }),
    customEndpointBatchHelper: (body, who) =>
      runAsync(async () => {
        requireOwnEndpoint('customEndpointBatchHelper');
        return engine.frames(body, who);
      }),
    open,
    get ready() {
      if (server) return server.ready;
      const ready = open();
      ready.catch(() => {}); // whoever only copies the backend is told by the first call
      return ready;
    },
    stats: () => runAsync(engine.stats),
    health: () => runAsync(engine.health),
    backup: (folder) => runAsync(() => engine.backup(folder)),
    address: () => server?.address() ?? null,
    close: () => engine.close(async () => server?.close()),
    get store() {
      return alwaysThrowing(() => engine.store);
    },
    endpoint: server ? null : engine.endpoint,
    uploads: createUploads({
      save: engine.saveImage,
      remove: engine.deleteImage,
      maxImageBytes: options.maxImageBytes,
      maxHeldBytes: heldUploads * options.maxQueuedBytes,
      onError: engine.endpoint.report,
    }),
    pictures: engine.pictures,
  };
}
