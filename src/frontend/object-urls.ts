/** An image as a URL for `src`. */
export interface ImageUrl {
  readonly url: string;
  /** Gives it back: when everybody who got it has, the browser frees the image. Calling it again does nothing. */
  release(): void;
}

/** Object URLs with reference counts: one per version of an image, however often it is shown. */
export function createObjectUrls() {
  const shown = new Map<string, [url: string, holders: Set<object>]>();

  return {
    /** @param version - two images of the same version are the same */
    hold(version: string, image: Blob): ImageUrl {
      const [url, holders] = shown.get(version) ?? [URL.createObjectURL(image), new Set()];
      const release = () => {
        if (!holders.delete(release) || holders.size > 0) return;
        shown.delete(version);
        URL.revokeObjectURL(url);
      };
      shown.set(version, [url, holders.add(release)]);
      return { url, release };
    },

    close(): void {
      for (const [url] of shown.values()) URL.revokeObjectURL(url);
      shown.clear();
    },
  };
}
