/** The formats pixstore keeps. `jpg` and `jpeg` are the same bytes under two names. */
export type ImageFormat = 'png' | 'webp' | 'jpg' | 'jpeg';

/** What a browser needs to decrypt one version of one image; every field is base64. */
export interface ImageMeta {
  /** AES-256 key, 32 bytes. */
  key: string;
  /** AES-GCM initialisation vector, 12 bytes. */
  iv: string;
  /** AES-GCM authentication tag, 16 bytes. */
  tag: string;
}

/**
 * What the application's API hands to a browser that may see an image. Whoever holds it can fetch and decrypt the
 * picture for as long as the proof lives, so send it over TLS, to that user only, and do not store it.
 *
 * @example
 * const record = await (await fetch('/api/me/avatar')).json();
 * const blob = await getImage(record);
 */
export interface ImageRecord {
  /** `[dir:]key`; of a variant `[dir:]key.variant`. */
  id: string;
  /** The version of the image: a safe integer that grows with every update. */
  token: number;
  meta: ImageMeta;
  /** Says that the backend handed this record out moments ago; good for one to two windows. */
  statelessProof: string;
  /** Pixels, as browsers show the picture: room for it can be kept free. Not there for images of older backends. */
  width?: number;
  height?: number;
  /** Bytes of the image file. Not there for images of older backends. */
  bytes?: number;
  /** Records of its variants, by name, when they were asked for. */
  variants?: Record<string, ImageRecord>;
  /** A ThumbHash in base64, when it was asked for: see `placeholderUrl`. */
  placeholder?: string;
}

/**
 * Fetches the wire payload of a record, over any transport.
 *
 * @param record - the record that was given to `getImage`
 * @param context - whatever was given to `getImage` as its second argument
 * @param options - `signal` aborts when nobody waits for the image any more, or `fetchTimeout` has passed
 */
export type ImageFetcher<Context = unknown> = (
  record: ImageRecord,
  context?: Context,
  options?: { signal: AbortSignal },
) => Promise<Uint8Array>;

/**
 * What a failing call does. `hybrid` logs a `PixstoreError` and returns null, and throws anything else; `throw` throws;
 * `warn` logs and returns null; `silent` returns null; `custom` calls the handler and returns null (throws when no
 * handler is set).
 */
export type ErrorHandlingMode = 'hybrid' | 'throw' | 'warn' | 'silent' | 'custom';
