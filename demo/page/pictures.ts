import { clearImageCache, deleteCachedImage, getImage, initPixstoreFrontend, PixstoreError } from 'pixstore/frontend';
import type { GalleryAnswer, Picture } from '../answers.js';
import { api } from './api.js';
import { network } from './network.js';

/** Where a picture came from, and how long that took. */
export interface Load {
  /** Of the picture, or of a smaller one: `<picture>.<variant>`. */
  id: string;
  source: Source;
  milliseconds: number;
  /** Of the picture. */
  bytes: number;
}

export type Source = 'memory' | 'disk' | 'network';

export interface PictureEvents {
  /** A picture was decrypted. */
  onLoad(load: Load): void;
  /** Proofs had expired: the application was asked for so many fresh records. */
  onRefresh(count: number): void;
}

let config: Parameters<typeof initPixstoreFrontend>[0];

/** Call once, as soon as it is known where the encrypted pictures come from. */
export function startPixstore({ host, port }: GalleryAnswer['endpoint'], { onLoad, onRefresh }: PictureEvents): void {
  config = {
    defaultEndpointConnectHost: host,
    defaultEndpointConnectPort: port,
    errorHandlingMode: 'throw',
    fetch: network.fetchImages,
    onImageLoad: onLoad,
    // A record is good for less than a minute. Then the application's API is asked, and may say no by then.
    refreshRecords: (ids) => {
      onRefresh(ids.length);
      return api.records(ids);
    },
  };
  initPixstoreFrontend(config);
}

/** The decrypted picture, as large as it is; tiles are shown by `<pixstore-image>`. */
export async function loadPicture({ record }: Picture): Promise<Blob> {
  const blob = await getImage(record);
  // With errorHandlingMode 'throw' a failure is an error, never null.
  if (blob) return blob;
  throw new Error('getImage gave no picture.');
}

/** Makes the next load come from `source`: of one picture, or of all. */
export async function forgetUpTo(source: Source, id?: string): Promise<void> {
  // A new init starts with an empty memory, as a reloaded page does; the disk cache stays.
  if (source === 'disk') initPixstoreFrontend(config);
  if (source === 'network') await (id === undefined ? clearImageCache() : deleteCachedImage(id));
}

const sentences: Partial<Record<string, string>> = {
  FETCH_FAILED: 'The server does not answer.',
  DECRYPTION_FAILED: 'It was changed on its way: it does not decrypt.',
  CACHE_CLEARED: 'You logged out in another tab.',
};

/** What a failure is called on the page. */
export function explain(error: unknown): string {
  if (error instanceof PixstoreError) return sentences[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
