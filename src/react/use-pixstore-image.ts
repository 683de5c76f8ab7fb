import type { FetchPriority, ImageRecord } from '../frontend/index.js';
import type { ImageState } from '../frontend/showing/image-view.js';
import { useImageView } from './use-image-view.js';

export interface UsePixstoreImageOptions {
  /** False waits, asks for nothing and holds nothing: for what is not to be seen yet. Default true. */
  enabled?: boolean | undefined;
  /** What goes first, as of `getImage`. Read when loading begins. */
  priority?: FetchPriority | undefined;
  /** Handed to functions of yours, as by `getImage`. Read when loading begins. */
  context?: unknown;
}

/**
 * One picture, for a component that draws it as it likes. It is loaded while the component is there, aborted when it
 * leaves, and has one URL however many show it; after a logout, in any tab, it is an error with the code `CACHE_CLEARED`.
 *
 * - A record with a newer token keeps the old picture in `src` until the new one is there.
 * - On a server, and while a page hydrates, it is `loading`.
 *
 * @param record - null or undefined while the application has none: `loading`, with nothing asked for
 * @throws PixstoreError `FRONTEND_NOT_INITIALIZED` without a provider and `initPixstoreFrontend`; all else is in `error`
 *
 * @example
 * const { src, error, retry } = usePixstoreImage(photo.record);
 * return error ? <button onClick={retry}>Try again</button> : <img src={src} alt={photo.title} />;
 */
export function usePixstoreImage(
  record: ImageRecord | null | undefined,
  options?: UsePixstoreImageOptions,
): ImageState {
  return useImageView({ ...options, record })[0];
}
