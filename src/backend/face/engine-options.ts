import { resolve } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { openLocalStore } from '../../stores/local/local-store.js';
import { openOldStore } from '../../stores/local/v3/old-store.js';
import type { ImageStore } from '../../stores/port.js';
import type { EngineOptions } from '../engine.js';
import { masterKeysFromFile } from '../keys/load-master-keys.js';
import { type CheckedOptions, givenStore, masterKeysOf } from './config.js';

// With validation off, records still carry a proof, so that clients see no difference.
const unusedWindowLength = 20_000;

/**
 * What an engine is given for the options of a backend: the local store unless there is one of the application's own, and
 * keys from the option, the environment or a key file beside the database.
 *
 * @throws PixstoreError `MASTER_KEY_INVALID`, `MASTER_KEY_REQUIRED`
 */
export function engineOptionsOf(options: CheckedOptions): EngineOptions {
  const { logger, rateLimit } = options;
  const checksProofs = options.statelessKeyWindowLength !== -1;
  const masterKeys = masterKeysOf(options);
  // As they are now: the program may change its working directory before it needs them.
  const [databasePath, imageRootDir] = [resolve(options.databasePath), resolve(options.imageRootDir)];
  const keyFilePath = resolve(options.keyFilePath ?? `${databasePath}.key`);

  return {
    openStore: () =>
      options.store ? givenStore(options.store) : openLocalStore({ ...options, databasePath, imageRootDir }),
    masterKeysFor: (store) =>
      masterKeys ??
      masterKeysFromFile({
        path: keyFilePath,
        storeHasKeys: options.store === undefined && hasKeys(store),
        mayMake: options.keyFile === 'create' && options.store === undefined,
        announce: (message) => logger.info(message),
      }),
    openOldStore: (from) => openOldStore({ ...from, busyTimeout: options.busyTimeout }),
    masterKeysAtHand: () =>
      masterKeys ?? masterKeysFromFile({ path: keyFilePath, storeHasKeys: false, mayMake: false, announce: () => {} }),
    checksProofs,
    windowLength: checksProofs ? options.statelessKeyWindowLength : unusedWindowLength,
    rateLimit: rateLimit && { onError: 'closed', ...rateLimit },
    onKeysLost: (error) => logger.error(`[pixstore] the keys of the store have changed, and do not open: ${error}`),
    onError: (error) => logger.error(`[pixstore] an image request failed: ${messageOf(error)}`),
    imageFormats: options.imageFormats,
    processing: options.processing ?? null,
    maxPixels: options.maxPixels,
    maxFrames: options.maxFrames,
    stripMetadata: options.stripMetadata,
    maxImageBytes: options.maxImageBytes,
    maxQueuedBytes: options.maxQueuedBytes,
    memoryCacheBytes: options.memoryCacheBytes,
    maxConcurrentAnswers: options.maxConcurrentAnswers,
    accessControlAllowOrigin: options.accessControlAllowOrigin,
    accessControlAllowCredentials: options.accessControlAllowCredentials,
    accessControlAllowHeaders: options.accessControlAllowHeaders,
    acceptProofsInQuery: options.acceptProofsInQuery,
    metrics: options.metrics,
    onServe: options.onServe,
    now: options.now,
    ...(options.randomBytes && { randomBytes: options.randomBytes }),
  };
}

/** Of the local store, which answers at once: losing its master key must not go unnoticed. */
function hasKeys(store: ImageStore): boolean {
  const sealedBefore = store.masterKeyIds?.() ?? [];
  return store.keyRing() !== null || !(Array.isArray(sealedBefore) && sealedBefore.length === 0);
}

/** Errors that are not ours may name paths: of those, only the kind is told. */
function messageOf(error: unknown): string {
  return error instanceof PixstoreError ? `${error.code}: ${error.message}` : `${(error as Error)?.name}`;
}
