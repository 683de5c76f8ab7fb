import type { ImageSource } from './load-image.js';

/** What `onImageLoad` is told about an image that `getImage` is about to return. */
export interface ImageLoadInfo {
  id: string;
  /** The version that is shown; newer than the record's when the image was updated meanwhile. */
  token: number;
  source: ImageSource;
  /** Size of the image file. */
  bytes: number;
  /** From the call of `getImage` to the finished Blob; 0 for an observer of what was there, or came by another call. */
  milliseconds: number;
}
