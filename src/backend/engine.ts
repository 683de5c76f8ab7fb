import { createAdmission } from '../shared/admission.js';
import { readCallOptions, requireArrived } from '../shared/call-options.js';
import { knowStatuses } from '../shared/errors/status.js';
import { errorStatuses } from '../shared/errors/statuses.js';
import { createLifecycle } from '../shared/lifecycle.js';
import type { MaybePromise } from '../shared/maybe-promise.js';
import type { BackupReport, ImageStore, StoreHealth, StoreUsage } from '../stores/port.js';
import type { BlobStore } from '../stores/split/blob-store.js';
import type { ImageRecord } from '../types/index.js';
import { type BackupProgress, backUpStore } from './copies/backups/backing-up.js';
import { type BackUpOptions, readBackUpOptions } from './copies/backups/options.js';
import {
  type RestoreOptions,
  type RestoreProgress,
  readRestoreOptions,
  restoreStore,
} from './copies/backups/restoring.js';
import {
  readVerifyOptions,
  type VerifyOptions,
  type VerifyProgress,
  verifyBackup,
} from './copies/backups/verifying.js';
import { type CopyOptions, copyStore, readCopyOptions } from './copies/copy-store.js';
import type { CopyProgress } from './copies/copying.js';
import { createServePublisher, observed, type ServeEvent, type Subject, subjectOf } from './diagnostics.js';
import { type CheckOptions, type CheckStep, readCheckOptions } from './images/checking.js';
import type { SaveOptions } from './images/ids.js';
import type { ListedImage, ListOptions, ReadOptions, StoredImage } from './images/reading.js';
import { type RebuildOptions, type RebuiltImage, readRebuildOptions } from './images/rebuilding.js';
import { type RecordOptions, readRecordOptions } from './images/records.js';
import { type ReencryptedImage, type ReencryptOptions, readReencryptOptions } from './images/reencryption.js';
import { readSweepOptions, type SweepOptions, type SweptPiece, sweepStore } from './images/sweeping.js';
import { type ImageInput, type ImageSource, sourceOf, sourceOfFile } from './images/to-bytes.js';
import { type Audience, type AudienceOptions, readAudience } from './keys/audience.js';
import { type KeyOverview, keyOverview } from './keys/overview.js';
import { type RotateOptions, type RotationProgress, readRotateOptions, rotateMasterKey } from './keys/rotation.js';
import { metricsText } from './metrics.js';
import { type ExportedImage, type ExportOptions, readExportOptions } from './moving/exporting.js';
import { type ImportedImage, type ImportFrom, type ImportOptions, readImportOptions } from './moving/importing.js';
import { type MigratedImage, type MigrationOptions, readMigrationOptions } from './moving/migrating.js';
import type { OldStore } from './moving/old-store.js';
import { backendClosed, createOpening, type Opened, type OpeningOptions } from './opening.js';
import { createEndpoint, type Endpoint, type EndpointOptions, type EndpointStats } from './serving/endpoint.js';
import { createServing, type ServingOptions } from './serving/image-serving.js';
import { type Answers, createPictures } from './serving/pictures.js';
import { backUp, readHealth } from './upkeep.js';

/** What each part of it takes, and how much may wait to be saved. */
export interface EngineOptions
  extends Omit<OpeningOptions, 'admit'>,
    Omit<ServingOptions, 'open'>,
    Omit<EndpointOptions, 'answer' | 'lookUpsAtOnce' | 'checkHealth' | 'loadLimits' | 'metrics' | 'onServed'> {
  /** Bytes of images that wait to be written, at most. */
  maxQueuedBytes: number;
  /** Opens a store of pixstore 3.x. */
  openOldStore(from: Pick<MigrationOptions, 'database' | 'imageDir'>): Promise<OldStore>;
  /** Does the endpoint have a page of figures? */
  metrics: boolean;
  /** Told of every image that was served, or kept from who asked by its proof or the application's checks. */
  onServe?: ((event: ServeEvent) => void) | undefined;
}

export interface EngineStats extends StoreUsage {
  /** What the endpoint has served since the engine was made, through all handlers. */
  endpoint: EndpointStats;
  /** Requests served from memory and from the store, and the bytes of ciphertext in memory. */
  memoryCache: { hits: number; misses: number; bytes: number };
  /** Images under way or waiting to be written, and their bytes. */
  queue: { images: number; bytes: number };
}

// More than one commit takes, so that the next one is ready when it ends.
const maxQueuedImages = 512;

// What answers on their way may hold in memory: four times what is kept for hot images.
const maxAnswerBytes = 256 * 1024 * 1024;

// Here, and not where errors are made: pages would load the statuses of what they never meet. In a module that every
// backend needs, and not in index.ts: bundlers leave that out, since importing it has no effect they must keep.
knowStatuses(errorStatuses);

type Where = string | SaveOptions | undefined;

/**
 * Everything that happens to images on the server: saved, looked up, served, removed, their keys exchanged. It throws what
 * goes wrong; which store it stands on, what becomes of errors, and by which servers it is reached, others decide.
 */
export type Engine = ReturnType<typeof createEngine>;

export function createEngine(options: EngineOptions) {
  const { maxImageBytes } = options;
  const admission = createAdmission({ bytes: options.maxQueuedBytes, images: maxQueuedImages });
  const opening = createOpening({ ...options, admit: admission.admit });
  const serving = createServing({ ...options, open: opening.get });
  const lifecycle = createLifecycle(backendClosed);
  const onServed = createServePublisher(options.onServe);
  const loadLimits = { answers: options.maxConcurrentAnswers, bytes: maxAnswerBytes };
  const endpoint: Endpoint = createEndpoint({
    ...options,
    answer: serving.answer,
    lookUpsAtOnce: serving.lookUpsAtOnce,
    loadLimits,
    checkHealth: async () => readHealth(await opening.get()),
    metrics: options.metrics ? async (served) => metricsText(await statsWith(served)) : null,
    onServed,
  });
  const pictures: Answers = createPictures({
    ...options,
    onServed,
    record: (id, variant) => tracked(({ reading }) => reading.record(id, variant)),
    read: (id, variant) => tracked(({ reading }) => reading.read(id, variant)),
    loadLimits,
  });

  async function statsWith(served: EndpointStats): Promise<EngineStats> {
    const usage = await opening.store().usage();
    return { ...usage, memoryCache: serving.memoryCache(), queue: admission.load(), endpoint: served };
  }

  function openNow(): Opened {
    lifecycle.requireOpen();
    return opening.getNow();
  }

  /** Waits only where that is needed: what is at hand goes on in this same turn. */
  async function whenOpen<Result>(work: (opened: Opened) => Promise<Result>): Promise<Result> {
    const opened = opening.get();
    return work(opened instanceof Promise ? await opened : opened);
  }

  /** The same; it starts before this returns, and `close` waits for it. */
  function tracked<Result>(work: (opened: Opened) => Promise<Result>): Promise<Result> {
    return lifecycle.track(() => whenOpen(work));
  }

  /** Bytes at hand are passed on in this same turn, while there is room. */
  function keep(
    source: ImageSource,
    name: 'save' | 'update',
    subject: (saved?: ImageRecord) => Subject,
    work: (opened: Opened, bytes: Uint8Array) => Promise<ImageRecord>,
  ): Promise<ImageRecord> {
    const admitted = () =>
      admission.admit(source.size, async () => {
        const bytes = source.read();
        const read = bytes instanceof Promise ? await bytes : bytes;
        return whenOpen((opened) => work(opened, read));
      });
    return observed(name, admitted, subject, () => source.size);
  }

  const save = (source: ImageSource, where: Where) =>
    keep(
      source,
      'save',
      (saved) => (saved ? { id: saved.id, audience: audienceOf(where) } : {}),
      ({ images }, bytes) => images.save(bytes, where),
    );

  const update = (id: string, source: ImageSource, audience: Audience) =>
    keep(
      source,
      'update',
      () => ({ ...subjectOf(id), audience }),
      ({ images }, bytes) => images.update(id, bytes, audience),
    );

  /** A step at a time, so that `close` waits for the one under way. */
  async function* inSteps<Step>(begin: () => Promise<AsyncGenerator<Step>>): AsyncGenerator<Step, void, void> {
    const steps = await begin();
    try {
      for (let step = await lifecycle.track(() => steps.next()); !step.done; ) {
        yield step.value;
        step = await lifecycle.track(() => steps.next());
      }
    } finally {
      await steps.return(undefined);
    }
  }

  const rotate = (given?: RotateOptions) =>
    inSteps<RotationProgress>(async () =>
      rotateMasterKey(await tracked(async (opened) => opened), readRotateOptions(given)),
    );

  const rebuild = (given?: RebuildOptions) =>
    inSteps<RebuiltImage>(async () => {
      const options = readRebuildOptions(given);
      return (await tracked(async ({ rebuilding }) => rebuilding)).rebuild(options);
    });

  const copyTo = (target: ImageStore, given?: CopyOptions) =>
    inSteps<CopyProgress>(async () => {
      const options = readCopyOptions(given);
      return copyStore(await tracked(async (opened) => opened), target, options);
    });

  const backUpTo = (place: () => BlobStore, given?: BackUpOptions) =>
    inSteps<BackupProgress>(async () => {
      const options = readBackUpOptions(given);
      return backUpStore(await tracked(async (opened) => opened), place(), options);
    });

  // The store is not opened as others are: it has no keys yet, or is not whole.
  const restoreFrom = (place: () => BlobStore, given?: RestoreOptions) =>
    inSteps<RestoreProgress>(async () =>
      restoreStore(place(), opening.store(), opening.unlocking(), readRestoreOptions(given)),
    );

  const verify = (place: () => BlobStore, given?: VerifyOptions) =>
    inSteps<VerifyProgress>(async () => verifyBackup(place(), opening.unlocking(), readVerifyOptions(given)));

  const check = (given?: CheckOptions) =>
    inSteps<CheckStep>(async () => {
      const options = readCheckOptions(given);
      return (await tracked(async ({ checking }) => checking)).check(options);
    });

  const reencrypt = (given?: ReencryptOptions) =>
    inSteps<ReencryptedImage>(async () => {
      const options = readReencryptOptions(given);
      return (await tracked(async ({ reencryption }) => reencryption)).reencrypt(options);
    });

  const sweep = (given?: SweepOptions) =>
    inSteps<SweptPiece>(async () => {
      const options = readSweepOptions(given);
      return sweepStore(await tracked(async ({ store }) => store), options);
    });

  const migrate = (given: MigrationOptions) =>
    inSteps<MigratedImage>(async () => {
      const migration = readMigrationOptions(given);
      const { moving } = await tracked(async (opened) => opened);
      return moving.migrate(await options.openOldStore(migration), migration);
    });

  const exportTo = (folder: string, given?: ExportOptions) =>
    inSteps<ExportedImage>(async () => {
      const checked = readExportOptions(folder, given);
      return (await tracked(async ({ moving }) => moving)).exportTo(checked);
    });

  const importFrom = (from: ImportFrom, given?: ImportOptions) =>
    inSteps<ImportedImage>(async () => {
      const checked = readImportOptions(from, given);
      return (await tracked(async ({ moving }) => moving)).importFrom(checked);
    });

  const list = (given: ListOptions = {}) =>
    inSteps<ListedImage>(async () => {
      requireArrived(given, ['dir'], 'listImages');
      const options = readCallOptions(given, ['dir', 'after', 'limit'], 'listImages') as ListOptions;
      return (await tracked(async ({ reading }) => reading)).list(options);
    });

  return {
    saveImage: (image: ImageInput, where?: Where): Promise<ImageRecord> =>
      lifecycle.track(async () => save(sourceOf(image, maxImageBytes), where)),

    saveImageFromFile: (path: string, where?: Where): Promise<ImageRecord> =>
      lifecycle.track(async () => save(await sourceOfFile(path, maxImageBytes), where)),

    updateImage: (id: string, image: ImageInput, who?: AudienceOptions): Promise<ImageRecord> =>
      lifecycle.track(async () => {
        const audience = readAudience(who, 'updateImage');
        return update(id, sourceOf(image, maxImageBytes), audience);
      }),

    updateImageFromFile: (id: string, path: string, who?: AudienceOptions): Promise<ImageRecord> =>
      lifecycle.track(async () => {
        const audience = readAudience(who, 'updateImageFromFile');
        return update(id, await sourceOfFile(path, maxImageBytes), audience);
      }),

    deleteImage: (id: string): Promise<boolean> =>
      lifecycle.track(() =>
        observed(
          'delete',
          () => whenOpen(({ images }) => images.remove(id)),
          () => subjectOf(id),
        ),
      ),

    deleteImages: (dir: string): Promise<number> => tracked(({ images }) => images.removeAll(dir)),

    imageExists: (id: string): boolean => openNow().images.exists(id),

    getImageRecord: (id: string, given?: RecordOptions): ImageRecord | null =>
      openNow().images.record(id, readRecordOptions(given, 'getImageRecord')),

    /** In the order asked for; one that fails fails alone. */
    getImageRecords: (
      ids: readonly string[],
      given?: RecordOptions,
    ): Promise<PromiseSettledResult<ImageRecord | null>[]> =>
      tracked(async ({ images }) => {
        const wish = readRecordOptions(given, 'getImageRecords');
        return images.records(ids, wish);
      }),

    readImage: (id: string, given?: ReadOptions): Promise<StoredImage | null> =>
      tracked(async ({ reading }) => {
        requireArrived(given, ['variant'], 'readImage');
        const { variant } = readCallOptions(given ?? {}, ['variant'], 'readImage');
        return reading.read(id, variant);
      }),

    listImages: (given?: ListOptions): AsyncIterable<ListedImage> => list(given),

    rebuild: (given?: RebuildOptions): AsyncIterable<RebuiltImage> => rebuild(given),

    migrateFromV3: (given: MigrationOptions): AsyncIterable<MigratedImage> => migrate(given),

    exportImages: (folder: string, given?: ExportOptions): AsyncIterable<ExportedImage> => exportTo(folder, given),

    importImages: (from: ImportFrom, given?: ImportOptions): AsyncIterable<ImportedImage> => importFrom(from, given),

    rotateMasterKey: (given?: RotateOptions): AsyncIterable<RotationProgress> => rotate(given),

    copyTo,
    backUpTo,
    restoreFrom,
    verifyBackup: verify,
    check: (given?: CheckOptions): AsyncIterable<CheckStep> => check(given),
    sweep: (given?: SweepOptions): AsyncIterable<SweptPiece> => sweep(given),
    reencrypt: (given?: ReencryptOptions): AsyncIterable<ReencryptedImage> => reencrypt(given),
    keys: (): Promise<KeyOverview> => tracked(({ keys, masterKeyIds }) => keyOverview(keys, masterKeyIds)),

    /** From a request to a reply, for servers. */
    endpoint,

    /** The same for decrypted pictures. */
    pictures,

    /** The wire payload for one image, for who asks by a transport of his own. */
    payload: (id: unknown, token: unknown, proof: unknown, who: AudienceOptions | undefined): Promise<Uint8Array> =>
      lifecycle.track(async () =>
        endpoint.payload({ id, token, proof, audience: readAudience(who, 'customEndpointHelper') }),
      ),

    /** The frames of a batch, the same way. */
    frames: (body: string, who: AudienceOptions | undefined): Promise<AsyncGenerator<Uint8Array>> =>
      lifecycle.track(async () => endpoint.frames(body, readAudience(who, 'customEndpointBatchHelper'))),

    /** Opens store and keys; at once, where that takes no time: then it throws at once, too. */
    open(): MaybePromise<unknown> {
      lifecycle.requireOpen();
      const opened = opening.get();
      return opened instanceof Promise ? lifecycle.track(() => opened) : opened;
    },

    stats: (): Promise<EngineStats> => lifecycle.track(() => statsWith(endpoint.stats())),
    health: (): Promise<StoreHealth> => tracked(readHealth),
    backup: (folder: string): Promise<BackupReport> => lifecycle.track(async () => backUp(opening.store(), folder)),
    adopt: (): Promise<void> => lifecycle.track(async () => opening.store().adopt?.()),

    /**
     * Finishes what is under way, then closes the store. What comes later fails with `BACKEND_CLOSED`.
     *
     * @param stopServing - ends the servers that lead here, before there is no store any more
     */
    close: (stopServing = async () => {}): Promise<void> =>
      lifecycle.close(async () => {
        await stopServing();
        await opening.close();
      }),

    /** The store, opened. @throws what keeps it from being opened */
    get store(): ImageStore {
      return opening.store();
    },
  };
}

/** For whom a record of an image that was saved is. */
function audienceOf(where: Where): Audience {
  return (typeof where === 'object' && where?.audience) || null;
}
