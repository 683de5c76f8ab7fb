import type { GetImageOptions } from '../network/demand.js';

/** An image as a URL for `src`. */
export interface ImageUrl {
  readonly url: string;
  /** Gives it back: when everybody who got it has, the browser frees the image. Calling it again does nothing. */
  release(): void;
}

/** How one call goes about it that asks for a URL. */
export interface GetImageUrlOptions extends GetImageOptions {
  /**
   * Images of up to so many bytes are `data:` URLs: Chromium has many small ones on the screen sooner. Whoever records or
   * saves the page gets the picture with it, and neither `release`, nor a logout, nor `close` takes it back. Default 0:
   * none.
   */
  inlineImageBytes?: number | undefined;
}

/** A URL that leads somewhere, and those who hold it. */
interface ShownUrl {
  url: string;
  holders: Set<object>;
}

/** Object URLs with reference counts: one per version of an image, however often it is shown. */
export function createObjectUrls() {
  const shown = new Map<string, ShownUrl>();

  return {
    /** @param version - two images of the same version are the same */
    hold(version: string, image: Blob): ImageUrl {
      const entry = shown.get(version) ?? { url: URL.createObjectURL(image), holders: new Set() };
      const { url, holders } = entry;
      const release = () => {
        if (!holders.delete(release) || holders.size > 0) return;
        URL.revokeObjectURL(url);
        // After `revokeAll` the version may have another URL, which is not ours to take away.
        if (shown.get(version) === entry) shown.delete(version);
      };
      holders.add(release);
      shown.set(version, entry);
      return { url, release };
    },

    /** From now on no URL that was handed out leads anywhere. */
    revokeAll(): void {
      for (const { url } of shown.values()) URL.revokeObjectURL(url);
      shown.clear();
    },
  };
}
