import {
  clearImageCache,
  deleteCachedImage,
  getImage,
  initPixstoreFrontend,
  PixstoreError,
  pickVariant,
  placeholderUrl,
} from 'pixstore/frontend';
import type { ImageRecord } from 'pixstore/types';
import type { GalleryAnswer, Picture } from '../answers.js';
import { api } from './api.js';

/** Where a picture came from, and how long that took. */
export interface Load {
  /** Of the picture, or of a smaller one: `<picture>.<variant>`. */
  id: string;
  source: Source;
  milliseconds: number;
}

export type Source = 'memory' | 'disk' | 'network';

let config: Parameters<typeof initPixstoreFrontend>[0];

/** Call once, as soon as it is known where the encrypted pictures come from. */
export function startPixstore(endpoint: GalleryAnswer['endpoint'], onImageLoad: (load: Load) => void): void {
  config = {
    defaultEndpointConnectHost: endpoint.host,
    defaultEndpointConnectPort: endpoint.port,
    errorHandlingMode: 'throw',
    onImageLoad,
  };
  initPixstoreFrontend(config);
}

/** The picture itself, or the smallest one that fills so many pixels of the page. */
export type Size = 'whole' | { cssWidth: number };

/**
 * The decrypted picture. A record is good for less than a minute: when it has expired, the application's API is asked
 * for a fresh one, and may say no by then.
 */
export async function loadPicture(picture: Picture, size: Size): Promise<Blob> {
  const sized = (record: ImageRecord) => (size === 'whole' ? record : pickVariant(record, size.cssWidth));
  try {
    return present(await getImage(sized(picture.record)));
  } catch (error) {
    if (!(error instanceof PixstoreError) || error.code !== 'PROOF_INVALID') throw error;
    Object.assign(picture, await api.picture(picture.id));
    return present(await getImage(sized(picture.record)));
  }
}

/** Makes the next load come from `source`: of one picture, or of all. */
export async function forgetUpTo(source: Source, id?: string): Promise<void> {
  // A new init starts with an empty memory, as a reloaded page does; the disk cache stays.
  if (source === 'disk') initPixstoreFrontend(config);
  if (source === 'network') await (id === undefined ? clearImageCache() : deleteCachedImage(id));
}

export { deleteCachedImage, placeholderUrl };

// With errorHandlingMode 'throw' a failure is an error, never null.
function present(blob: Blob | null): Blob {
  if (blob) return blob;
  throw new Error('getImage gave no picture.');
}

/** What a failure is called on the page. */
export function explain(error: unknown): string {
  if (error instanceof PixstoreError && error.code === 'FETCH_FAILED') return 'The server does not answer.';
  return error instanceof Error ? error.message : String(error);
}
