/** How much may be on its way to clients at once. */
export interface LoadLimits {
  answers: number;
  /** Bytes held in memory for them. */
  bytes: number;
}

/** Room for one answer, from the moment a request is read to the end of its answer. */
export interface Place {
  /** Says what the answer holds in memory. False when that is too much: then it must not be sent. */
  hold(bytes: number): boolean;
  /** To be called when the answer was sent, or nobody waits for it any more. False when it was called before. */
  leave(): boolean;
}

/** Bounds what clients that read slowly, or never, can make the process hold. */
export function createLoadLimit(limits: LoadLimits) {
  const load = { answers: 0, bytes: 0 };

  return {
    /** @returns null when there is no room */
    enter(): Place | null {
      if (load.answers >= limits.answers) return null;
      load.answers += 1;
      let held = 0;
      let isHere = true;
      return {
        hold(bytes) {
          if (load.bytes > 0 && load.bytes + bytes > limits.bytes) return false; // one always fits
          held = bytes;
          load.bytes += bytes;
          return true;
        },
        leave() {
          if (!isHere) return false;
          isHere = false;
          load.answers -= 1;
          load.bytes -= held;
          return true;
        },
      };
    },

    load: (): Readonly<LoadLimits> => ({ ...load }),
  };
}
