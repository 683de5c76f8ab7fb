/** How much may be under way at once; what is above waits its turn. */
export interface AdmissionLimits {
  bytes: number;
  /** Keeps many small images from being encrypted in one go, while requests wait. */
  images: number;
}

/** Back-pressure: bounds the bytes that are being encrypted and written, so that memory stays flat under any load. */
export function createAdmission(limits: AdmissionLimits) {
  const waiting: { size: number; enter(): void }[] = [];
  const inside = { images: 0, bytes: 0 };

  function hasRoomFor(size: number): boolean {
    if (inside.images === 0) return true; // one image always fits, however large
    return inside.images < limits.images && inside.bytes + size <= limits.bytes;
  }

  function occupy(size: number): void {
    inside.images += 1;
    inside.bytes += size;
  }

  function leave(size: number): void {
    inside.images -= 1;
    inside.bytes -= size;
    // In order of arrival: a large image must not starve behind small ones.
    for (let next = waiting[0]; next && hasRoomFor(next.size); next = waiting[0]) {
      waiting.shift();
      occupy(next.size);
      next.enter();
    }
  }

  return {
    /** Runs work once there is room for so many bytes; at once, when there is. */
    async admit<Result>(size: number, work: () => Promise<Result>): Promise<Result> {
      if (waiting.length === 0 && hasRoomFor(size)) occupy(size);
      else await new Promise<void>((enter) => waiting.push({ size, enter }));
      try {
        return await work();
      } finally {
        leave(size);
      }
    },

    /** Images and bytes under way or waiting. */
    load: () => ({
      images: inside.images + waiting.length,
      bytes: waiting.reduce((sum, { size }) => sum + size, inside.bytes),
    }),
  };
}
