/** Is this an id an image (or a variant of one) can have? Anything else can be refused without looking it up. */
export function isImageId(value: unknown): value is string {
  // [dir:]key[.variant]; see "Words" in ARCHITECTURE.md.
  return typeof value === 'string' && value.length <= 512 && /^([a-z\d_-]+:)?[\w-]{1,128}(\.[a-z\d_-]+)?$/.test(value);
}

/** Is this a key that an application may choose for an image of its own? */
export function isImageKey(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value);
}

/** A folder name as it stands in ids: trimmed, lower-cased, other characters dropped. Empty when nothing is left. */
export function normalizeDir(dir: string): string {
  return dir
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '');
}

/** Versions are told apart by their token: a whole number that JavaScript holds exactly. */
export function isToken(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
