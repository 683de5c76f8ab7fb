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
import { requireImageId, type SaveOptions } from './images/ids.js';
import { createImages } from './images/images.js';
import { createPooledRandom } from './images/random.js';
import { type ImageSource, sourceOf, sourceOfFile } from './images/to-bytes.js';
import { type Audience, readAudience } from './keys/audience.js';
import { loadKeyring, requireKeys } from './keys/load-keyring.js';
import type { Keyring } from './keys/master-key.js';
import { createProofs } from './keys/proofs.js';
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
  const { store, keyring, keysChecked } = alwaysThrowing(() => openStore(options));
  const proofsEnabled = options.statelessKeyWindowLength !== -1;
  if (!proofsEnabled) {
    logger.warn(
      '[pixstore] statelessKeyWindowLength is -1: whoever knows the id of an image is served it, without proof',
    );
  }
  const proofs = createProofs(keyring, proofsEnabled ? options.statelessKeyWindowLength : unusedWindowLength, now);
  const images = createImages({ store, keyring, proofs, imageFormats, now, randomBytes });
  const serving = createServing(options, store, keyring, proofsEnabled ? proofs : null, readStats);
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
    imageExists: (id) => answerNow(() => images.exists(id)),
    getImageRecord: (id, who) => answerNow(() => images.record(id, readAudience(who, 'getImageRecord'))),
    getImageRecords: (ids, who) =>
      start(async () => {
        const audience = readAudience(who, 'getImageRecords');
        const parts = await images.lookUp(ids);
        return parts.map((part, index) =>
          gate.run(() => {
            requireImageId(ids[index]);
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
    ready: Promise.all([keysChecked, server?.ready]).then(() => {}),
    stats: () => start(readStats),
    health: () => start(async () => readHealth(store)),
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
  keyring: Keyring;
  /** For stores that answer later: rejects when the store was sealed with a key that is not at hand. */
  keysChecked: Promise<void> | undefined;
}

function openStore(options: BackendOptions): OpenedStore {
  const store = options.store ?? openLocalStore(options);
  try {
    const keyIds = store.masterKeyIds();
    const keyring = loadKeyring({
      masterKey: options.masterKey,
      environment: process.env.PIXSTORE_MASTER_KEY,
      announce: (message) => options.logger.info(message),
      ...(options.store || keyIds instanceof Promise
        ? {}
        : { keyFile: { path: `${options.databasePath}.key`, storeHasKeys: keyIds.length > 0 } }),
    });
    if (keyIds instanceof Promise)
      return { store, keyring, keysChecked: keyIds.then((ids) => requireKeys(ids, keyring)) };
    requireKeys(keyIds, keyring);
    return { store, keyring, keysChecked: undefined };
  } catch (error) {
    if (!options.store) store.close();
    throw error;
  }
}

function closed(): PixstoreError {
  return new PixstoreError('BACKEND_CLOSED', 'This backend was closed. Make a new one to go on.');
}
