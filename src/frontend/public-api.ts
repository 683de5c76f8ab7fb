import type { ImageRecord } from '../types/index.js';
import type { GetImageOptions } from './fetching/demand.js';

/** A frontend: what shows private images in a browser. What a failing call does is the option `errorHandlingMode`. */
export interface PixstoreFrontend<Context = unknown> {
  /**
   * Gets an image: from memory, from the disk cache or from the backend, decrypted in memory.
   *
   * @param record - what `getImageRecord` gave your API
   * @param context - handed to a custom fetcher; calls for the same version at the same time share one fetch, with
   * the context of the first
   * @param options - `signal` ends the wait, `priority` says what goes first
   * @returns the image with its MIME type, or null when it failed in an error mode that does not throw
   * @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT`, `FRONTEND_CLOSED`, `FETCH_FAILED`, `FETCH_TIMEOUT`,
   * `PAYLOAD_INVALID`, `IMAGE_NOT_FOUND`, `PROOF_INVALID`, `PROOF_MISSING`, `ID_MISSING`, `SERVER_FAILED`,
   * `RATE_LIMITED`, `DECRYPTION_FAILED`, `FORMAT_REFUSED`; in every error mode the reason of an aborted `signal`
   *
   * @example
   * const blob = await frontend.getImage(record, undefined, { priority: 'high' });
   * if (blob) img.src = URL.createObjectURL(blob);
   */
  getImage(record: ImageRecord, context?: Context, options?: GetImageOptions): Promise<Blob | null>;

  /**
   * Removes an image from memory and disk; one that is on its way is shown, but not cached any more.
   *
   * @returns whether it was there
   * @throws PixstoreError `IMAGE_ID_INVALID`, `STORAGE_FAILED`, `FRONTEND_CLOSED`
   */
  deleteCachedImage(id: string): Promise<boolean | null>;

  /**
   * Is some version of an image in memory or on disk?
   *
   * @throws PixstoreError `IMAGE_ID_INVALID`, `FRONTEND_CLOSED`
   */
  cachedImageExists(id: string): Promise<boolean | null>;

  /**
   * Removes every image from memory and disk; call it when a user logs out.
   *
   * @throws PixstoreError `STORAGE_FAILED` when the browser refuses, `FRONTEND_CLOSED`
   */
  clearImageCache(): Promise<void>;

  /** Drops what is in memory and lets go of the database. What is cached on disk stays. */
  close(): void;
}
