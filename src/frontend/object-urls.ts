/** An image as a URL for `src`. */
export interface ImageUrl {
  readonly url: string;
  /** Gives it back: when everybody who got it has, the browser frees the image. Calling it again does nothing. */
  release(): void;
}

/** Object URLs with reference counts: one per version of an image, however often it is shown. */
export function createObjectUrls() {
  const shown = new Map<string, { url: string; holders: number }>();

  return {
    /** @param version - two images of the same version are the same */
    hold(version: string, image: Blob): ImageUrl {
      const entry = shown.get(version) ?? { url: URL.createObjectURL(image), holders: 0 };
      shown.set(version, entry);
      entry.holders += 1;
      let held = true;
      return {
        url: entry.url,
        release() {
          if (held) entry.holders -= 1;
          if (held && entry.holders === 0) {
            shown.delete(version);
            URL.revokeObjectURL(entry.url);
          }
          held = false;
        },
      };
    },

    revokeAll(): void {
      for (const { url } of shown.values()) URL.revokeObjectURL(url);
      shown.clear();
    },
  };
}
