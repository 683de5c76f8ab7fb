import { alwaysThrowing, createErrorGate } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { knowStatuses } from '../shared/errors/status.js';
import { errorStatuses } from '../shared/errors/statuses.js';
import { createLifecycle } from '../shared/lifecycle.js';
import type { ImageRecord } from '../types/index.js';
import { type BackendConfig, readBackendConfig } from './config.js';
import { observed } from './diagnostics.js';
import { type BackendWithEndpoint, endpointEnabled, endpointOf } from './doors.js';
import { type DefaultServer, startDefaultServer } from './endpoint/default-server.js';
import type { DoorOptions } from './endpoint/door.js';
import { nodeHandler } from './endpoint/node-handler.js';
import type { NodeRequest } from './endpoint/node-http.js';
import { createAdmission } from './images/admission.js';
import { requirePartId, type SaveOptions } from './images/ids.js';
import { type ImageSource, sourceOf, sourceOfFile } from './images/to-bytes.js';
import { type Audience, readAudience } from './keys/audience.js';
import { type RotateOptions, type RotationProgress, readRotateOptions, rotateMasterKey } from './keys/rotation.js';
import { createOpening, type Opened } from './opening.js';
import type { BackendStats, PixstoreBackend } from './public-api.js';
import { createServing } from './serving.js';
import { backUp, readHealth } from './upkeep.js';

// More than one commit takes, so that the next one is ready when it ends.
const maxQueuedImages = 512;

// Here, and not where errors are made: pages would load the statuses of what they never meet. In a module that every
// backend needs, and not in index.ts: bundlers leave that out, since importing it has no effect they must keep.
knowStatuses(errorStatuses);

type Where = string | SaveOptions | undefined;

/**
 * Makes a backend. Several may stand side by side when they share neither port nor database.
 *
 * @throws PixstoreError `CONFIG_INVALID`, `MASTER_KEY_*`, `DATABASE_*`, `IMAGE_DIR_UNUSABLE`, `SQLITE_MISSING`,
 * in every error mode: without a backend there is no mode to go by
 * @example
 * const backend = createPixstoreBackend({ databasePath: 'data/images.sqlite', imageRootDir: 'data/images' });
 * await backend.ready;
 */
export function createPixstoreBackend(config?: BackendConfig): PixstoreBackend {
  const options = alwaysThrowing(() => readBackendConfig(config));
  const { maxImageBytes, logger } = options;
  const opening = alwaysThrowing(() => createOpening(options));
  if (options.statelessKeyWindowLength === -1) {
    logger.warn(
      '[pixstore] statelessKeyWindowLength is -1: whoever knows the id of an image is served it, without proof',
    );
  }
  const serving = createServing(options, opening, readStats);
  const { endpoint } = serving;
  const admission = createAdmission({ bytes: options.maxQueuedBytes, images: maxQueuedImages });
  const gate = createErrorGate(options.errorHandlingMode, logger);
  const lifecycle = createLifecycle(closed);
  const server = options.defaultEndpointEnabled ? alwaysThrowing(openWithEndpoint) : null;

  /** What serves at once is opened at once, so that what keeps it from being opened is told at once. */
  function openWithEndpoint(): DefaultServer {
    try {
      const opened = opening.get();
      const started = startEndpoint();
      return { ...started, ready: Promise.all([opened, started.ready]).then(() => {}) };
    } catch (error) {
      void opening.close();
      throw error;
    }
  }

  /** Opens everything. Whoever does not wait for it is told by the first call that needs it. */
  async function open(): Promise<void> {
    await lifecycle.track(async () => opening.get());
  }

  async function readStats(): Promise<BackendStats> {
    const usage = await opening.store().usage();
    const memoryCache = serving.memoryCache();
    return { ...usage, memoryCache, queue: admission.load(), endpoint: endpoint.stats() };
  }

  function startEndpoint(): DefaultServer {
    const clientOf = options.rateLimit?.clientOf as DoorOptions<NodeRequest>['clientOf'];
    const { defaultEndpointRoute: route, defaultEndpointTimeouts: timeouts } = options;
    const handler = nodeHandler(endpoint, { route, clientOf, timeouts, requestOf: (request: NodeRequest) => request });
    return startDefaultServer(handler, options.defaultEndpointListenHost, options.defaultEndpointListenPort, {
      connections: options.defaultEndpointMaxConnections,
      timeouts,
    });
  }

  function requireOwnEndpoint(caller: string): void {
    if (server) throw endpointEnabled(caller);
  }

  function answerNow<Result>(work: (opened: Opened) => Result): Result | null {
    return gate.run(() => {
      lifecycle.requireOpen();
      return work(opening.getNow());
    });
  }

  /** `work` starts before this returns, and `close` waits for it. */
  function start<Result>(work: () => Promise<Result>): Promise<Result | null> {
    return gate.runAsync(() => lifecycle.track(work));
  }

  /** Waits only where that is needed: what is at hand goes on in this same turn. */
  async function whenOpen<Result>(work: (opened: Opened) => Promise<Result>): Promise<Result> {
    const opened = opening.get();
    return work(opened instanceof Promise ? await opened : opened);
  }

  /** Bytes at hand are passed on in this same turn, while there is room. */
  function admitted<Result>(source: ImageSource, work: (bytes: Uint8Array) => Promise<Result>): Promise<Result> {
    return admission.admit(source.size, async () => {
      const bytes = source.read();
      return work(bytes instanceof Promise ? await bytes : bytes);
    });
  }

  function save(source: ImageSource, where: Where): Promise<ImageRecord> {
    return observed(
      'save',
      () => admitted(source, (bytes) => whenOpen(({ images }) => images.save(bytes, where))),
      () => source.size,
    );
  }

  function update(id: string, source: ImageSource, audience: Audience): Promise<ImageRecord> {
    return observed(
      'update',
      () => admitted(source, (bytes) => whenOpen(({ images }) => images.update(id, bytes, audience))),
      () => source.size,
    );
  }

  /** Its errors are thrown in every mode: a rotation that ends without one is done. */
  async function* rotate(given?: RotateOptions): AsyncGenerator<RotationProgress, void, void> {
    const rotation = rotateMasterKey(await lifecycle.track(async () => opening.get()), readRotateOptions(given));
    try {
      for (let step = await lifecycle.track(() => rotation.next()); !step.done; ) {
        yield step.value;
        step = await lifecycle.track(() => rotation.next());
      }
    } finally {
      await rotation.return();
    }
  }

  return {
    saveImage: (image, where) => start(async () => save(sourceOf(image, maxImageBytes), where)),
    saveImageFromFile: (path, where) => start(async () => save(await sourceOfFile(path, maxImageBytes), where)),
    updateImage: (id, image, who) =>
      start(async () => {
        const audience = readAudience(who, 'updateImage');
        return update(id, sourceOf(image, maxImageBytes), audience);
      }),
    updateImageFromFile: (id, path, who) =>
      start(async () => {
        const audience = readAudience(who, 'updateImageFromFile');
        return update(id, await sourceOfFile(path, maxImageBytes), audience);
      }),
    deleteImage: (id) => start(() => observed('delete', () => whenOpen(({ images }) => images.remove(id)))),
    rotateMasterKey: (rotation) => rotate(rotation),
    deleteImages: (dir) => start(() => whenOpen(({ images }) => images.removeAll(dir))),
    imageExists: (id) => answerNow(({ images }) => images.exists(id)),
    getImageRecord: (id, who) => answerNow(({ images }) => images.record(id, readAudience(who, 'getImageRecord'))),
    getImageRecords: (ids, who) =>
      start(async () => {
        const audience = readAudience(who, 'getImageRecords');
        const { images } = await opening.get();
        const parts = await images.lookUp(ids);
        return parts.map((part, index) =>
          gate.run(() => {
            if (part === undefined) requirePartId(ids[index]);
            return part ? images.open(part, audience) : null;
          }),
        );
      }),
    customEndpointHelper: (id, token, proof, who) =>
      start(async () => {
        requireOwnEndpoint('customEndpointHelper');
        return endpoint.payload({ id, token, proof, audience: readAudience(who, 'customEndpointHelper') });
      }),
    customEndpointBatchHelper: (body, who) =>
      start(async () => {
        requireOwnEndpoint('customEndpointBatchHelper');
        return endpoint.frames(body, readAudience(who, 'customEndpointBatchHelper'));
      }),
    open,
    get ready() {
      if (server) return server.ready;
      const ready = open();
      ready.catch(() => {}); // whoever only copies the backend is told by the first call
      return ready;
    },
    stats: () => start(readStats),
    health: () => start(() => whenOpen(readHealth)),
    backup: (folder) => start(async () => backUp(opening.store(), folder)),
    adopt: () => start(async () => opening.store().adopt?.()).then(() => {}),
    address: () => server?.address() ?? null,
    close: () =>
      lifecycle.close(async () => {
        await server?.close();
        await opening.close();
      }),
    get store() {
      return alwaysThrowing(opening.store);
    },
    [endpointOf]: server ? null : endpoint,
  } satisfies BackendWithEndpoint as PixstoreBackend;
}

function closed(): PixstoreError {
  return new PixstoreError('BACKEND_CLOSED', 'This backend was closed. Make a new one to go on.');
}
