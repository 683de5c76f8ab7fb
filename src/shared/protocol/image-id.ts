/** Is this an id an image (or a variant of one) can have? Anything else can be refused without looking it up. */
export function isImageId(value: unknown): value is string {
  // [dir:]key[.variant]; see "Words" in ARCHITECTURE.md.
  return (
    typeof value === 'string' && value.length <= 512 && /^(?:[a-z\d_-]+:)?[\w-]{1,128}(?:\.[a-z\d_-]+)?$/.test(value)
  );
}

/** Is this a key that an application may choose for an image of its own? */
export function isImageKey(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value);
}

/**
 * The image that an id is of: of a variant's id, the part before ".", which stands nowhere else in an id.
 *
 * @example
 * imageIdOf('cats:tom.thumb'); // 'cats:tom'
 * imageIdOf('cats:tom'); // 'cats:tom'
 */
export function imageIdOf(joined: string): string {
  const dot = joined.indexOf('.');
  return dot < 0 ? joined : joined.slice(0, dot);
}

/**
 * The variant that an id is of; undefined for the original.
 *
 * @example
 * variantOf('cats:tom.thumb'); // 'thumb'
 */
export function variantOf(joined: string): string | undefined {
  const dot = joined.indexOf('.');
  return dot < 0 ? undefined : joined.slice(dot + 1);
}

/**
 * The id of one part of an image. Only undefined is the original: an empty name gives what is no id, so that who asks
 * for a variant never gets the original.
 *
 * @example
 * joinId('cats:tom', 'thumb'); // 'cats:tom.thumb'
 * joinId('cats:tom', undefined); // 'cats:tom'
 */
export function joinId(id: string, variant: string | undefined): string {
  return variant === undefined ? id : `${id}.${variant}`;
}

/** The folder of an image or a variant; empty when it is in none. */
export function folderOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf(':')));
}

/**
 * Is this what is meant by an id: an image with all its variants, or one variant alone?
 *
 * @example
 * belongsTo('cats:tom.thumb', 'cats:tom'); // true
 * belongsTo('cats:tom', 'cats:tom.thumb'); // false
 */
export function belongsTo(part: string, id: string): boolean {
  // Asked of everything that is in memory whenever an image is forgotten: what begins otherwise is done with at once.
  return part.startsWith(id) && (part.length === id.length || part[id.length] === '.');
}

/** Is this a name that a new folder may have? */
export function isDir(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z\d_-]{1,64}$/.test(value);
}

/** Is this a name that a folder may have? Earlier versions made longer ones. */
export function isExistingDir(value: unknown): value is string {
  return typeof value === 'string' && isImageId(`${value}:k`);
}

/** Versions are told apart by their token: a whole number that JavaScript holds exactly. */
export function isToken(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
