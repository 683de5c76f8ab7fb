import type { AddressInfo } from 'node:net';
import type { BackupReport, ImageStore, StoreHealth } from '../../stores/port.js';
import type { ErrorHandlingMode, ImageRecord } from '../../types/index.js';
import type { BackupProgress } from '../copies/backups/backing-up.js';
import type { BackUpOptions } from '../copies/backups/options.js';
import type { RestoreOptions, RestoreProgress } from '../copies/backups/restoring.js';
import type { VerifyOptions, VerifyProgress } from '../copies/backups/verifying.js';
import type { CopyOptions } from '../copies/copy-store.js';
import type { CopyProgress } from '../copies/copying.js';
import type { EngineStats } from '../engine.js';
import type { CheckOptions, CheckStep } from '../images/checking.js';
import type { SaveOptions } from '../images/ids.js';
import type { ListedImage, ListOptions, ReadOptions, StoredImage } from '../images/reading.js';
import type { RebuildOptions, RebuiltImage } from '../images/rebuilding.js';
import type { RecordOptions } from '../images/records.js';
import type { ReencryptedImage, ReencryptOptions } from '../images/reencryption.js';
import type { SweepOptions, SweptPiece } from '../images/sweeping.js';
import type { ImageInput } from '../images/to-bytes.js';
import type { AudienceOptions } from '../keys/audience.js';
import type { KeyOverview } from '../keys/overview.js';
import type { RotateOptions, RotationProgress } from '../keys/rotation.js';
import type { ExportedImage, ExportOptions } from '../moving/exporting.js';
import type { ImportedImage, ImportFrom, ImportOptions } from '../moving/importing.js';
import type { MigratedImage, MigrationOptions } from '../moving/migrating.js';
import type { Endpoint } from '../serving/endpoint.js';
import type { Answers } from '../serving/pictures.js';
import type { Uploads } from '../serving/uploads/uploads.js';

import type { BackupPlace } from './backup-place.js';

export type { EngineStats as BackendStats } from '../engine.js';

/** What methods return when they fail: nothing in the mode `throw`, in which they return no more. */
export type FailureIn<Mode extends ErrorHandlingMode> = Mode extends 'throw' ? never : null;

/**
 * A backend. Every method fails as `errorHandlingMode` says: where the mode returns null, so does the method, and
 * `getLastPixstoreError()` tells why.
 *
 * @typeParam Failure - what methods return when they fail: null; `never` of a backend that was made with
 * `errorHandlingMode: 'throw'`
 */
export interface PixstoreBackend<Failure extends null = null> {
  /**
   * Encrypts and keeps a new image, without what its file tells besides the picture (unless `stripMetadata` says
   * otherwise). Resolves when it is durable; leave the bytes as they are until then.
   *
   * @param where - a folder, or `{ dir, id, audience }`: an id of your own, and the user or session that the record is
   * for; its proof is good for nobody else
   * @throws PixstoreError `IMAGE_INPUT_INVALID`, `IMAGE_EMPTY`, `IMAGE_TRUNCATED`, `IMAGE_NOT_RECOGNIZED`,
   * `IMAGE_FORMAT_REFUSED`, `IMAGE_TOO_LARGE`, `IMAGE_TOO_MANY_PIXELS`, `IMAGE_TOO_MANY_FRAMES`, `IMAGE_NOT_STRIPPABLE`,
   * `IMAGE_DIR_INVALID`, `IMAGE_ID_INVALID`, `IMAGE_ID_TAKEN`, `AUDIENCE_INVALID`, `CONFIG_INVALID`, `STORAGE_FULL`,
   * `STORAGE_FAILED`
   * @example
   * const record = await saveImage(request.body, 'avatars');
   */
  saveImage(image: ImageInput, where?: string | SaveOptions): Promise<ImageRecord | Failure>;
  /** The same from a file; also `IMAGE_FILE_UNREADABLE`. */
  saveImageFromFile(path: string, where?: string | SaveOptions): Promise<ImageRecord | Failure>;
  /**
   * Replaces an image. The old version stays until the new one is durable, and stays when anything fails.
   *
   * @param options - `audience`: as for `getImageRecord`
   * @throws PixstoreError as `saveImage`, and `IMAGE_NOT_FOUND`
   * @example
   * const record = await updateImage('avatars:player-7', request.body);
   */
  updateImage(id: string, image: ImageInput, options?: AudienceOptions): Promise<ImageRecord | Failure>;
  /** The same from a file; also `IMAGE_FILE_UNREADABLE`. */
  updateImageFromFile(id: string, path: string, options?: AudienceOptions): Promise<ImageRecord | Failure>;
  /**
   * Removes an image and destroys its key.
   *
   * @returns whether it was there
   * @throws PixstoreError `IMAGE_ID_INVALID`, `STORAGE_FAILED`
   */
  deleteImage(id: string): Promise<boolean | Failure>;
  /**
   * Removes all images of a folder, and destroys its key and theirs: to erase a person, if each has a folder. Final once
   * the key is gone, in all processes; then the rest is removed, which may take its time and goes on after a crash. The
   * folder can be used again.
   *
   * @param dir - as it stands in ids, before the colon
   * @returns how many images were removed
   * @throws PixstoreError `IMAGE_DIR_INVALID`, `STORAGE_FAILED`
   * @example
   * await deleteImages(`user-${user.id}`);
   */
  deleteImages(dir: string): Promise<number | Failure>;
  /**
   * Is there such an image? Synchronous.
   *
   * @throws PixstoreError `IMAGE_ID_INVALID`, `SYNC_UNSUPPORTED`
   */
  imageExists(id: string): boolean | Failure;
  /**
   * What a browser needs to show an image, or null when there is none. Synchronous. Its proof lives one to two windows,
   * so make it when the browser asks.
   *
   * @param options - `audience`: the user or session that the record is for; its proof is good for nobody else. Null, or
   * no options, makes a record for everybody; undefined is refused. `variant`: a record of that variant, which opens
   * nothing else; null when it is missing, never the original. `variants`: records of all variants as well, by name;
   * `placeholder`: what to show until the picture is there
   * @throws PixstoreError `IMAGE_ID_INVALID`, `AUDIENCE_INVALID`, `CONFIG_INVALID`, `SEALED_KEY_INVALID`,
   * `SYNC_UNSUPPORTED`
   * @example
   * app.get('/api/me', requireLogin, (req, res) => res.json(getImageRecord(req.user.avatarId)));
   */
  getImageRecord(id: string, options?: RecordOptions): ImageRecord | null;
  /**
   * Many records in one go, in the order asked for; null where there is no image. An id that fails fails alone: the
   * modes that return null do so for that entry.
   *
   * @param options - as for `getImageRecord`
   * @example
   * res.json(await getImageRecords(page.map((photo) => photo.imageId), { variants: true, placeholder: true }));
   */
  getImageRecords(ids: readonly string[], options?: RecordOptions): Promise<(ImageRecord | null)[] | Failure>;
  /**
   * Decrypts an image on the server: for mails, exports, or pages without a script. Whoever can call this sees every
   * image: check who asks first. The image is in memory as a whole.
   *
   * @param options - `variant`: the name of a variant; without it the original. A variant that is missing is null
   * @returns the file as it was saved, with format, size in pixels and token; null when there is no such image
   * @throws PixstoreError `IMAGE_ID_INVALID`, `CONFIG_INVALID`, `CIPHERTEXT_MISSING`, `SEALED_KEY_INVALID`,
   * `STORAGE_FAILED`
   * @example
   * const image = await readImage(user.avatarId);
   * if (image) attachments.push({ content: Buffer.from(image.bytes), contentType: image.mimeType });
   */
  readImage(id: string, options?: ReadOptions): Promise<StoredImage | null>;
  /**
   * Lists images in the order of their ids, while others are saved and deleted. Nothing of a picture is decrypted.
   *
   * @param options - `dir`: a folder; `after`: the id of the last image that was seen; `limit`: how many at most
   * @throws PixstoreError `IMAGE_DIR_INVALID`, `IMAGE_ID_INVALID`, `CONFIG_INVALID`, `SEALED_KEY_INVALID`,
   * `STORAGE_FAILED`, in every error mode, as it is walked through
   * @example
   * for await (const { id, bytes } of listImages({ dir: `user-${user.id}`, limit: 100 })) console.log(id, bytes);
   */
  listImages(options?: ListOptions): AsyncIterable<ListedImage>;
  /**
   * Gives images that were saved before what images are given now: variants that are missing, a placeholder, width and
   * height, in the version that is there. One with a variant that was made in another way (its width is another one by
   * now) becomes a new version. It may be ended at any time, by its signal or a crash: begun anew it passes over what is
   * done, and `after` goes on behind an id. Others may use the store meanwhile.
   *
   * @param options - `dir`: a folder; `after`: the id of the last image that was rebuilt; `lost`: also look for variants
   * whose ciphertext is gone, and make them anew; `signal`
   * @throws PixstoreError `IMAGE_DIR_INVALID`, `IMAGE_ID_INVALID`, `CONFIG_INVALID`, `STORAGE_FAILED`, in every error mode;
   * what the signal aborts with. One image that cannot be rebuilt does not end it: its `error` says why
   * @example
   * for await (const { id, outcome, error } of backend.rebuild()) if (error) console.error(id, outcome, error.message);
   */
  rebuild(options?: RebuildOptions): AsyncIterable<RebuiltImage>;
  /**
   * Takes over the images of a store that pixstore 3.x made. Ids, tokens, keys and ciphertexts stay as they are, so that
   * what browsers keep is good; the keys are sealed. Files are not stripped, and have no variants until `rebuild`. What is
   * missing, damaged or odd is reported, image by image, and ends nothing; the old store is only read. It may be ended at any
   * time, by its signal or a crash: begun anew it passes over what is here. Have nobody save in the old store meanwhile.
   *
   * @param from - `database` and `imageDir`: what pixstore 3.x calls databasePath and imageRootDir; `newTokens`; `signal`
   * @throws PixstoreError `SOURCE_INVALID`, `CONFIG_INVALID`, `STORAGE_FULL`, `STORAGE_FAILED`, in every error mode; what the
   * signal aborts with
   * @example
   * const from = { database: 'old/pixstore.sqlite', imageDir: 'old/images' };
   * for await (const { id, outcome, error } of backend.migrateFromV3(from)) if (error) console.error(id, outcome, error.message);
   */
  migrateFromV3(from: MigrationOptions): AsyncIterable<MigratedImage>;
  /**
   * Decrypts images into files of a folder, which only their owner may read, with a manifest of what they are:
   * `manifest.jsonl`, a line of JSON for each. They lie there in the clear. It may be ended at any time, by its signal or a
   * crash: begun anew it goes on behind the last image of the manifest, and tries again what failed.
   *
   * @param folder - not there yet, empty, or with an export of the same options that was begun
   * @param options - `dir`: a folder; `variants`: files of them, too; `signal`
   * @throws PixstoreError `EXPORT_FAILED`, `STORAGE_FULL`, `STORAGE_FAILED`, `CONFIG_INVALID`, `IMAGE_DIR_INVALID`, in every
   * error mode; what the signal aborts with. An image that does not open ends nothing: its `error` says why
   * @example
   * for await (const { id, error } of backend.exportImages('/mnt/export')) if (error) console.error(id, error.message);
   */
  exportImages(folder: string, options?: ExportOptions): AsyncIterable<ExportedImage>;
  /**
   * Keeps files as new images, as they are: nothing is stripped, nothing converted. What was exported has its ids, and each file is
   * compared with its digest; of other folders all files are taken that are images, from anywhere else what is listed. It may be
   * ended at any time, by its signal or a crash: begun anew it passes over what is here.
   *
   * @param from - a folder, or `{ name, size?, read() }` of each file: of a bucket, for instance
   * @param options - `dir`: a folder for all; `ids`: from `paths`, `random`, or a function; `journal`; `signal`
   * @throws PixstoreError `SOURCE_INVALID`, `JOURNAL_UNUSABLE`, `STORAGE_FULL`, `STORAGE_FAILED`, `CONFIG_INVALID`,
   * `IMAGE_DIR_INVALID`, in every error mode; what the signal aborts with, and what listing throws
   * @example
   * for await (const { name, outcome, error } of backend.importImages('photos', { dir: 'photos' })) {
   *   if (error) console.error(name, outcome, error.message);
   * }
   */
  importImages(from: ImportFrom, options?: ImportOptions): AsyncIterable<ImportedImage>;
  /**
   * Answers an image request that came by a transport of the application's own, with a wire payload to be sent
   * unchanged. Check who asks before you call it. Needs `defaultEndpointEnabled: false`: the open endpoint would
   * bypass your checks.
   *
   * @param clientToken - the token the client sent; without one it is sent the key too
   * @throws PixstoreError `ENDPOINT_ENABLED`, `TOKEN_INVALID`, or what the store throws
   * @example
   * app.get('/images/:id', requireLogin, async (req, res) => {
   *   const [token, proof] = [req.get('x-pixstore-token'), req.get('x-pixstore-proof')];
   *   const payload = await customEndpointHelper(req.params.id, token, proof);
   *   payload ? res.type('bin').send(Buffer.from(payload)) : res.sendStatus(500);
   * });
   */
  customEndpointHelper(
    imageId: string | undefined,
    clientToken?: number | string | null,
    statelessProof?: string | null,
    options?: AudienceOptions,
  ): Promise<Uint8Array | Failure>;
  /**
   * Answers a batch that came by a transport of the application's own, with frames to be sent one after another and
   * unchanged. Check who asks before you call it. Needs `defaultEndpointEnabled: false`.
   *
   * @param body - the body of the request, as text
   * @throws PixstoreError `ENDPOINT_ENABLED`, `BATCH_INVALID`
   * @example
   * app.post('/images', requireLogin, express.text({ limit: '256kb' }), async (req, res) => {
   *   const frames = await customEndpointBatchHelper(req.body);
   *   frames ? await pipeline(frames, res.type('bin')) : res.sendStatus(400);
   * });
   */
  customEndpointBatchHelper(body: string, options?: AudienceOptions): Promise<AsyncIterable<Uint8Array> | Failure>;
  /**
   * What the backend holds and how busy it is. Costs the same whatever is stored.
   *
   * @throws PixstoreError `STORAGE_FAILED`
   */
  stats(): Promise<EngineStats | Failure>;
  /**
   * How the store is. What wants to be looked at is said in sentences; without any all is well.
   *
   * @throws PixstoreError `STORAGE_FAILED` when it does not answer at all
   * @example
   * const health = await backend.health();
   * if (health?.status !== 'ok') alert(health?.problems.join('\n'));
   */
  health(): Promise<StoreHealth | Failure>;
  /**
   * Copies database and ciphertexts, as they are now, into a new folder, while everything goes on; the copy is opened and
   * checked before it gets its name. The master key is not in it: keep that elsewhere. Of the local store; all others, and
   * whoever wants to copy only what has changed, have `backUpTo`.
   *
   * @param folder - must not be there yet, or be empty
   * @throws PixstoreError `BACKUP_FAILED`, `BACKUP_UNSUPPORTED`, `STORAGE_FULL`
   * @example
   * await backend.backup(`/backups/${new Date().toISOString().slice(0, 10)}`);
   */
  backup(folder: string): Promise<BackupReport | Failure>;
  /**
   * Says that this database is the right one, after a backup was put back: other copies of it remove no file any more and,
   * at once or within an hour, keep none, and what it does not name may be removed. Until then it serves and saves, and
   * removes no file.
   *
   * @throws PixstoreError `IMAGE_DIR_MISSING`, `STORAGE_FAILED`, in every error mode: what ends without one is done
   */
  adopt(): Promise<void>;
  /**
   * Backs the store up into a folder, or any place for blobs, while it goes on being used: what is in a backup of before is
   * not copied again, and all of a place's backups can be put back. Each image is in one version, whole, as it was while the
   * backup was made; what is read is decrypted first, and what is written read back. Ended early, by its signal or a crash,
   * the next call goes on.
   *
   * The keys of folders lie in one blob, which each call replaces: a folder that was erased opens in no backup of this place
   * any more. Master keys are not in it: keep them elsewhere.
   *
   * @param place - a folder that has nothing else in it, or a `BlobStore` of its own
   * @param options - `only: 'keys'` replaces the keys alone; `signal`; `rate`
   * @throws PixstoreError `BACKUP_FOREIGN` when the place has backups of another store, `BACKUP_FAILED`,
   * `BACKUP_DAMAGED` when that does not give its keys back, `STORAGE_FULL`, `STORAGE_FAILED`, `CONFIG_INVALID`, in every
   * error mode; what the signal aborts with. One image that is damaged in the store does not end it: it is in `problems`
   * @example
   * for await (const { step, done, total, problems } of backend.backUpTo('/backups')) console.log(step, done, total, problems);
   */
  backUpTo(place: BackupPlace, options?: BackUpOptions): AsyncIterable<BackupProgress>;
  /**
   * Fills the store of this backend, which is a new one, from a backup: the latest, or the one that is named. Ids, tokens and
   * keys are what they were, so the master key of then, or the one that it was exchanged for before the last call of
   * `backUpTo`, is needed; proofs are made anew. Every image is read back and decrypted. Folders that were erased do not come
   * back: those that the place knows of, and those in `erased`. Ended early, the next call goes on; until it is done the store
   * cannot be opened (`COPY_UNFINISHED`), so make the backend with `defaultEndpointEnabled: false`.
   *
   * @param options - `backup`: its name, of `listBackups`; `erased`: folders; `signal`; `rate`
   * @throws PixstoreError `COPY_REFUSED` when the store has something in it, `BACKUP_MISSING`, `BACKUP_DAMAGED`,
   * `MASTER_KEY_MISMATCH`, `MASTER_KEY_MISSING`, `COPY_FAILED`, `STORAGE_FULL`, `STORAGE_FAILED`, `CONFIG_INVALID`, in every error
   * mode; what the signal aborts with. One image that is damaged does not end it: it is in `failures`
   * @example
   * for await (const { done, total, failures } of backend.restoreFrom('/backups')) console.log(done, total, failures);
   */
  restoreFrom(place: BackupPlace, options?: RestoreOptions): AsyncIterable<RestoreProgress>;
  /**
   * Reads a backup, and decrypts every image of it, or a sample, with the master keys of this backend. Its store is not
   * opened.
   *
   * @param options - `backup`: its name, of `listBackups`; `sample`: which part of all images, from 0 to 1; `signal`; `rate`
   * @throws PixstoreError `BACKUP_MISSING`, `BACKUP_DAMAGED`, `BACKUP_FAILED`, `MASTER_KEY_MISMATCH`, `MASTER_KEY_MISSING`,
   * `CONFIG_INVALID`, in every error mode; what the signal aborts with. What is damaged is in `damaged`
   * @example
   * for await (const { done, total, damaged } of backend.verifyBackup('/backups')) console.log(done, total, damaged);
   */
  verifyBackup(place: BackupPlace, options?: VerifyOptions): AsyncIterable<VerifyProgress>;
  /** What `copyStore` leads to. */
  copyTo(store: ImageStore, options?: CopyOptions): AsyncIterable<CopyProgress>;
  /**
   * Exchanges the master key for the first one that this backend was given; give it `[newKey, oldKey]` until it is done,
   * and every other process, too. Images go on being saved and served. Then the new key alone opens the store, and the
   * old one opens nothing. Proofs that were made before live as long as they would have.
   *
   * If the old key has leaked, say `compromised`: everything that was sealed is sealed anew, at once no proof of before is
   * good any more, and an old copy of the database does not help to open what is stored now. It takes its time; ended
   * early, by its signal or a crash, the next call goes on. When the last step tells of `damaged` parts, restore or
   * delete those images (`getImageRecord` of one fails with `SEALED_KEY_INVALID`) and call it again: what their keys
   * were sealed with is kept until then.
   *
   * @throws PixstoreError `STORAGE_FAILED`, `KEY_WRAPPER_FAILED`, `KEY_WRAPPER_TIMEOUT`, `MASTER_KEY_MISMATCH`,
   * `CONFIG_INVALID`, in every error mode; what the signal aborts with
   * @example
   * for await (const { step, done } of backend.rotateMasterKey({ compromised: true })) console.log(step, done);
   */
  rotateMasterKey(options?: RotateOptions): AsyncIterable<RotationProgress>;
  /**
   * Which keys there are: the master keys at hand, and the store's own that they wrap. Names only, which tell nothing of a
   * key.
   *
   * @throws PixstoreError `STORAGE_FAILED`, `MASTER_KEY_MISMATCH`
   * @example
   * const unused = (await backend.keys()).masterKeys.filter(({ wraps }) => wraps === 0);
   */
  keys(): Promise<KeyOverview | Failure>;
  /**
   * Gives images new keys and new bytes, after keys of images have leaked: whoever has an old record and an old copy of a
   * ciphertext still has that picture, and opens nothing that is stored from now on. Each image becomes a new version, with
   * all its variants, of the very same picture; one that is updated meanwhile stays as it was updated. Browsers fetch anew.
   *
   * Ended early, by its signal or a crash, it goes on where it was with the same `before`: what is newer is done.
   *
   * @param options - `before`: images that were saved, updated or given new keys before this time, in ms since 1970.
   * Default: now, so all. `dir`: a folder; `rate`: how much a second; `signal`
   * @throws PixstoreError `IMAGE_DIR_INVALID`, `CONFIG_INVALID`, `STORAGE_FAILED`, in every error mode; what the signal
   * aborts with. One image that cannot be read does not end it: its `error` says why
   * @example
   * for await (const { id, error } of backend.reencrypt({ before: closedAt })) if (error) console.error(id, error.message);
   */
  reencrypt(options?: ReencryptOptions): AsyncIterable<ReencryptedImage>;
  /**
   * Reads and decrypts every image, while others use the store, and finds: ciphertexts that are gone or damaged, keys that
   * do not open, files that no image needs, and files that are not of this store. Changes nothing.
   *
   * @param options - `fast`: look only whether ciphertexts are there and have the right length; `rate`: how much a second;
   * `signal`
   * @throws PixstoreError `CONFIG_INVALID`, `STORAGE_FAILED`, in every error mode; what the signal aborts with
   * @example
   * for await (const { problem } of backend.check({ rate: { bytes: 20_000_000 } })) {
   *   if (problem) console.error(problem.message, problem.remedy);
   * }
   */
  check(options?: CheckOptions): AsyncIterable<CheckStep>;
  /**
   * Removes files that no image needs: what crashes have left, and what could not be removed at once. Never what it does not
   * know, and nothing while the store is not adopted.
   *
   * @param options - `dryRun`: list them, remove none; `all`: also when there are more than a crash explains; `signal`
   * @returns each of them; of a store that is not adopted, that problem
   * @throws PixstoreError `CONFIG_INVALID`, `IMAGE_DIR_MISSING`, `STORAGE_FAILED`, in every error mode; what the signal
   * aborts with
   * @example
   * for await (const { subject, removed } of backend.sweep({ dryRun: true })) console.log(subject, removed);
   */
  sweep(options?: SweepOptions): AsyncIterable<SweptPiece>;
  /**
   * Opens database, folder and keys. With the default endpoint that is done at once; else by the first call that needs
   * them, or by this. What fails is tried again the next time.
   *
   * @throws PixstoreError in every error mode: `MASTER_KEY_*`, `KEY_WRAPPER_FAILED`, `KEY_WRAPPER_TIMEOUT`, `DATABASE_*`,
   * `IMAGE_DIR_*`, `SQLITE_MISSING`, `STORAGE_FAILED`
   * @example
   * await backend.open(); // with a KeyWrapper that takes its time, before getImageRecord
   */
  open(): Promise<void>;
  /** The same, and resolves when the endpoint listens, too; rejects with what prevented it (`PORT_IN_USE`, ...). */
  readonly ready: Promise<void>;
  /** What `createNodeHandler` and `createFetchHandler` lead to; null while the default endpoint is enabled. */
  readonly endpoint: Endpoint | null;
  /** What `createUploadHandler` leads to. */
  readonly uploads: Uploads;
  /** What `createImageHandler` leads to. */
  readonly pictures: Answers;
  /** Where the default endpoint listens, or null. */
  address(): AddressInfo | null;
  /** Finishes what is under way, frees the port and closes the store. Later calls fail with `BACKEND_CLOSED`. */
  close(): Promise<void>;
  /** The store, opened, for maintenance: `list`, `check`, `sweep`. @throws PixstoreError as `open` */
  readonly store: ImageStore;
}
