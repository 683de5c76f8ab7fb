/** An image as a URL for `src`. */
export interface ImageUrl {
  readonly url: string;
  /** Gives it back: when everybody who got it has, the browser frees the image. Calling it again does nothing. */
  release(): void;
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
        // After `revokeAll` the version may have another URL, which is not ours to take away.
        if (shown.get(version) === entry) shown.delete(version);
        URL.revokeObjectURL(url);
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
