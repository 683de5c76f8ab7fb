import { alwaysThrowing, createErrorGate } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { createLifecycle } from '../shared/lifecycle.js';
import type { ImageRecord } from '../types/index.js';
import { type BackendConfig, type BackendOptions, readBackendConfig } from './config.js';
import { observed } from './diagnostics.js';
import { type BackendWithEndpoint, endpointEnabled, endpointOf } from './doors.js';
import { type DefaultServer, startDefaultServer } from './endpoint/default-server.js';
import type { DoorOptions } from './endpoint/door.js';
import { nodeHandler } from './endpoint/node-handler.js';
import type { NodeRequest } from './endpoint/node-http.js';
import { createAdmission } from './images/admission.js';
import { requirePartId, type SaveOptions } from './images/ids.js';
import { createImages } from './images/images.js';
import { createPooledRandom } from './images/random.js';
import { type ImageSource, sourceOf, sourceOfFile } from './images/to-bytes.js';
import { type Audience, readAudience } from './keys/audience.js';
import { loadKeyring } from './keys/load-keyring.js';
import { mastersOf } from './keys/master-key.js';
import { wrappersOf } from './keys/master-key-wrapper.js';
import { createProofs } from './keys/proofs.js';
import { type RotateOptions, type RotationProgress, readRotateOptions, rotateMasterKey } from './keys/rotation.js';
import { createStoreKeys, type StoreKeys } from './keys/store-keys.js';
import type { BackendStats, PixstoreBackend } from './public-api.js';
import { createServing } from './serving.js';
import { openLocalStore } from './storage/local/local-store.js';
import type { ImageStore } from './storage/port.js';
import { backUp, readHealth } from './upkeep.js';

// With validation off, records still carry a proof, so that clients see no difference.
const unusedWindowLength = 20_000;

// More than one commit takes, so that the next one is ready when it ends.
const maxQueuedImages = 512;

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
  const { now, randomBytes = createPooledRandom(), maxImageBytes, imageFormats, logger } = options;
  const proofsEnabled = options.statelessKeyWindowLength !== -1;
  if (!proofsEnabled) {
    logger.warn(
      '[pixstore] statelessKeyWindowLength is -1: whoever knows the id of an image is served it, without proof',
    );
  }
  const windowLength = proofsEnabled ? options.statelessKeyWindowLength : unusedWindowLength;
  const { store, keys, keysOpened } = alwaysThrowing(() => openStore(options, 2 * windowLength));
  const proofs = createProofs(keys.proofKeys, windowLength, now);
  const images = createImages({ store, keys, proofs, imageFormats, now, randomBytes });
  const serving = createServing(options, store, keys, proofsEnabled ? proofs : null, readStats);
  const { endpoint } = serving;
  const admission = createAdmission({ bytes: options.maxQueuedBytes, images: maxQueuedImages });
  const gate = createErrorGate(options.errorHandlingMode, logger);
  const server = options.defaultEndpointEnabled ? startEndpoint() : null;
  const lifecycle = createLifecycle(closed);

  async function readStats(): Promise<BackendStats> {
    const usage = await store.usage();
    const memoryCache = serving.memoryCache();
    return { ...usage, memoryCache, queue: admission.load(), endpoint: endpoint.stats() };
  }

  function startEndpoint(): DefaultServer {
    const clientOf = options.rateLimit?.clientOf as DoorOptions<NodeRequest>['clientOf'];
    const { defaultEndpointRoute: route, defaultEndpointTimeouts: timeouts } = options;
    const handler = nodeHandler(endpoint, { route, clientOf, timeouts });
    return startDefaultServer(handler, options.defaultEndpointListenHost, options.defaultEndpointListenPort, {
      connections: options.defaultEndpointMaxConnections,
      timeouts,
    });
  }

  function requireOwnEndpoint(caller: string): void {
    if (server) throw endpointEnabled(caller);
  }

  function answerNow<Result>(work: () => Result): Result | null {
    return gate.run(() => {
      lifecycle.requireOpen();
      return work();
    });
  }

  /** `work` starts before this returns, and `close` waits for it. */
  function start<Result>(work: () => Promise<Result>): Promise<Result | null> {
    return gate.runAsync(() => lifecycle.track(work));
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
      () => admitted(source, (bytes) => images.save(bytes, where)),
      () => source.size,
    );
  }

  function update(id: string, source: ImageSource, audience: Audience): Promise<ImageRecord> {
    return observed(
      'update',
      () => admitted(source, (bytes) => images.update(id, bytes, audience)),
      () => source.size,
    );
  }

  /** Its errors are thrown in every mode: a rotation that ends without one is done. */
  async function* rotate(given?: RotateOptions): AsyncGenerator<RotationProgress, void, void> {
    const rotation = rotateMasterKey({ store, keys, proofLifetime: 2 * windowLength }, readRotateOptions(given));
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
    deleteImage: (id) => start(() => observed('delete', () => images.remove(id))),
    rotateMasterKey: (rotation) => rotate(rotation),
    deleteImages: (dir) => start(() => images.removeAll(dir)),
    imageExists: (id) => answerNow(() => images.exists(id)),
    getImageRecord: (id, who) => answerNow(() => images.record(id, readAudience(who, 'getImageRecord'))),
    getImageRecords: (ids, who) =>
      start(async () => {
        const audience = readAudience(who, 'getImageRecords');
        const parts = await images.lookUp(ids);
        return parts.map((part, index) =>
          gate.run(() => {
            requirePartId(ids[index]);
            return part && images.open(part, audience);
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
    ready: Promise.all([keysOpened, server?.ready]).then(() => {}),
    stats: () => start(readStats),
    health: () => start(async () => readHealth(store, keys)),
    backup: (folder) => start(() => backUp(store, folder)),
    adopt: () => start(async () => store.adopt?.()).then(() => {}),
    address: () => server?.address() ?? null,
    close: () =>
      lifecycle.close(async () => {
        await server?.close();
        await store.close();
      }),
    store,
    [endpointOf]: server ? null : endpoint,
  } satisfies BackendWithEndpoint as PixstoreBackend;
}

interface OpenedStore {
  store: ImageStore;
  keys: StoreKeys;
  /** Rejects when the keys of the store do not open; a promise where that takes time. */
  keysOpened: unknown;
}

/** @param proofLifetime - in ms */
function openStore(options: BackendOptions, proofLifetime: number): OpenedStore {
  const { now, randomBytes = createPooledRandom(), logger } = options;
  const store = options.store ?? openLocalStore(options);
  try {
    const keyring = loadKeyring({
      masterKey: options.masterKey,
      environment: process.env.PIXSTORE_MASTER_KEY,
      announce: (message) => logger.info(message),
      ...(options.store ? {} : { keyFile: { path: `${options.databasePath}.key`, storeHasKeys: hasKeys(store) } }),
    });
    const keys = createStoreKeys({
      ...{ store, proofLifetime, now, randomBytes },
      wrappers: wrappersOf(keyring, randomBytes),
      masters: mastersOf(keyring),
      onLost: (error) => logger.error(`[pixstore] the keys of the store have changed, and do not open: ${error}`),
    });
    return { store, keys, keysOpened: keys.open() };
  } catch (error) {
    if (!options.store) store.close();
    throw error;
  }
}

/** Of the local store, which answers at once: losing its master key must not go unnoticed. */
function hasKeys(store: ImageStore): boolean {
  const sealedBefore = store.masterKeyIds?.() ?? [];
  return store.keyRing() !== null || !(Array.isArray(sealedBefore) && sealedBefore.length === 0);
}

function closed(): PixstoreError {
  return new PixstoreError('BACKEND_CLOSED', 'This backend was closed. Make a new one to go on.');
}
