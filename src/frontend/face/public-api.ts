import type { ImageRecord } from '../../types/index.js';
import type { ClearOptions } from '../client.js';
import type { CacheStats } from '../loading/cache-stats.js';
import type { BytesSnapshot, ImageObserver, ObserveOptions } from '../loading/image-observer.js';
import type { GetImageUrlOptions, ImageUrl } from '../loading/object-urls.js';
import type { GetImageOptions } from '../network/demand.js';

/**
 * A frontend: what shows private images in a browser. What a failing call does is the option `errorHandlingMode`; types
 * follow it: `Failed` is null, or never where failing calls throw.
 */
export interface PixstoreFrontend<Context = unknown, Failed extends null = null> {
  /**
   * Gets an image: from memory, from the disk cache or from the backend, decrypted in memory. As long as anybody holds
   * the Blob of a version, others who ask for it get the same; let go of what is not shown any more, since a browser may
   * write Blobs to its disk.
   *
   * @param record - what `getImageRecord` gave your API
   * @param context - handed to a custom fetcher; calls for the same version at the same time share one fetch, with
   * the context of the first
   * @param options - `signal` ends the wait, `priority` says what goes first
   * @returns the image with its MIME type, or null when it failed in an error mode that does not throw
   * @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT`, `FRONTEND_CLOSED`, `FETCH_FAILED`, `FETCH_TIMEOUT`,
   * `PAYLOAD_INVALID`, `IMAGE_NOT_FOUND`, `PROOF_INVALID`, `ACCESS_REFUSED`, `PROOF_MISSING`, `ID_MISSING`,
   * `SERVER_FAILED`, `RATE_LIMITED`, `DECRYPTION_FAILED`, `FORMAT_REFUSED`, `CACHE_CLEARED`; in every error mode the reason of an aborted `signal`
   *
   * @example
   * const blob = await frontend.getImage(record, undefined, { priority: 'high' });
   * if (blob) img.src = URL.createObjectURL(blob);
   */
  getImage(record: ImageRecord, context?: Context, options?: GetImageOptions): Promise<Blob | Failed>;

  /**
   * Many images in one go, in the order of their records. One that fails fails alone: the modes that return null do so
   * for its place.
   *
   * @param records - with null for what is gone, as `getImageRecord` gives it: it has null at its place in every mode
   * @returns null when `records` is no list, in the modes that return null
   *
   * @example
   * const blobs = await frontend.getImages(await (await fetch('/api/photos')).json());
   */
  getImages<Entry extends ImageRecord | null>(
    records: readonly Entry[],
    context?: Context,
    options?: GetImageOptions,
  ): Promise<(Blob | Failed | (null extends Entry ? null : never))[] | Failed>;

  /**
   * Gets an image as a URL. However often a version is shown, it has one URL, which is revoked when the last of those
   * who got it has released it, with `clearImageCache()` or with `close()`.
   *
   * @param options - as of `getImage`; `inlineImageBytes` makes small images `data:` URLs, which nothing revokes
   * @throws as `getImage` does
   *
   * @example
   * const shown = await frontend.getImageUrl(record);
   * if (shown) img.src = shown.url;
   * // when the image leaves the page:
   * shown?.release();
   */
  getImageUrl(record: ImageRecord, context?: Context, options?: GetImageUrlOptions): Promise<ImageUrl | Failed>;

  /**
   * What memory has of the very version of a record, at once. No URL is made, and it counts for nothing: neither in
   * `cacheStats` nor for `onImageLoad`.
   *
   * @returns the image with its MIME type, or undefined when it would have to be waited for, or the call failed in an
   * error mode that does not throw
   * @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT`, `FRONTEND_CLOSED`
   *
   * @example
   * const blob = frontend.peek(record) ?? (await frontend.getImage(record));
   */
  peek(record: ImageRecord): Blob | undefined;

  /**
   * Removes an image with all its variants from memory and disk, in all tabs; what is on its way is shown, but not
   * cached any more.
   *
   * @param id - of an image, or of a variant (`[dir:]key.variant`), which is then removed alone
   * @returns whether any of it was there
   * @throws PixstoreError `IMAGE_ID_INVALID`, `STORAGE_FAILED`, `FRONTEND_CLOSED`
   */
  deleteCachedImage(id: string): Promise<boolean | Failed>;

  /**
   * Is some version of an image in memory or on disk? It is about what has this very id: the original, or one variant.
   *
   * @throws PixstoreError `IMAGE_ID_INVALID`, `FRONTEND_CLOSED`
   */
  cachedImageExists(id: string): Promise<boolean | Failed>;

  /**
   * Removes every image from memory and disk, in all tabs and workers; call it when a user logs out. It is final: URLs
   * of `getImageUrl` lead nowhere any more, calls under way fail with `CACHE_CLEARED`, and nothing that was asked for
   * before is cached afterwards.
   *
   * @throws PixstoreError `STORAGE_FAILED` when the browser refuses, `FRONTEND_CLOSED`
   *
   * @example
   * await clearImageCache();
   * location.assign('/login');
   */
  clearImageCache(options?: ClearOptions): Promise<void>;

  /** Drops what is in memory, revokes all URLs and lets go of the database. What is cached on disk stays. */
  close(): void;
}

/**
 * What `createPixstoreFrontend` makes. Of the default frontend, `observeImage`, `prefetchImages` and `cacheStats` do the
 * same: pages that do not import them load nothing of it.
 */
export interface ObservableFrontend<Context = unknown, Failed extends null = null>
  extends PixstoreFrontend<Context, Failed> {
  /**
   * Fetches images that will soon be wanted, and keeps them. The page goes first: they are fetched a few at a time, when
   * nothing else is. One that fails is left out; it will say why when it is shown.
   *
   * @param records - with null for what is gone
   * @param options - `signal` stops it; the priority is `low`, whatever is said
   * @throws PixstoreError `RECORD_INVALID` when `records` is no list, `FRONTEND_CLOSED`, `CACHE_CLEARED`
   *
   * @example
   * await frontend.prefetchImages(recordsOfNextPage);
   */
  prefetchImages(records: readonly (ImageRecord | null)[], context?: Context, options?: GetImageOptions): Promise<void>;

  /**
   * What the caches hold and how often they helped. Asking reads no image.
   *
   * @throws PixstoreError `FRONTEND_CLOSED`
   *
   * @example
   * const { memory, disk, network } = (await frontend.cacheStats()) ?? {};
   */
  cacheStats(): Promise<CacheStats | Failed>;

  /**
   * Observes an image: the picture as soon as it is there, and what becomes of it. Nothing is begun before somebody
   * subscribes, so that a component that is drawn and thrown away leaves nothing behind; an image that is in memory is
   * `loaded` in the first snapshot, so that a gallery appears without a flash.
   *
   * - When a newer version comes into memory, whoever asked for it, that one is shown.
   * - When the image is deleted from the cache (a variant: also with its image), here or in another tab, it is `loading`
   *   again and fetched anew, which may end in `IMAGE_NOT_FOUND`.
   * - After `clearImageCache`, here or in another tab, it is an error with the code `CACHE_CLEARED`; with `keepShown` it
   *   stays as it is. After `close()` the code is `FRONTEND_CLOSED`.
   *
   * A picture that somebody subscribes to counts in `cacheStats` and for `onImageLoad` as one of `getImageUrl` does. It
   * never throws, in no error mode: errors are in the snapshots. Their codes are those of `getImage`, and `SHOW_FAILED`.
   *
   * @param context - as for `getImage`
   *
   * @example
   * const observer = frontend.observe(record);
   * const unsubscribe = observer.subscribe(draw);
   * draw(observer.getSnapshot());
   * function draw({ url, error }: ImageSnapshot) {
   *   img.src = url ?? placeholder;
   *   retryButton.hidden = !error;
   * }
   */
  observe(record: ImageRecord, context?: Context, options?: ObserveOptions): ImageObserver;

  /**
   * The same with the bytes of the picture in its snapshots, in place of a URL: for those who decode pictures themselves, as
   * `paintImage` does.
   *
   * @example
   * const observer = frontend.observeBytes(record);
   * observer.subscribe(({ picture }) => picture && decode(picture.bytes, picture.type));
   */
  observeBytes(record: ImageRecord, context?: Context, options?: ObserveOptions): ImageObserver<BytesSnapshot>;
}
