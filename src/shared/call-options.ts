import { PixstoreError } from './errors/pixstore-error.js';

/**
 * The options of one call: an object as `{}` makes one, with no other keys than these. A promise or an instance of a
 * class is none, since what was meant to be said by it would go unseen.
 *
 * @param caller - who takes them, for the message
 * @throws PixstoreError `CONFIG_INVALID`
 */
export function readCallOptions<Name extends string>(
  given: unknown,
  names: readonly Name[],
  caller: string,
): Partial<Record<Name, unknown>> {
  const known = names.join(', ');
  if (!isPlainObject(given)) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The options of ${caller} are an object (it may have ${known}); ${kindOf(given)} was given.`,
    );
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name as Name));
  if (unknown === undefined) return given as Partial<Record<Name, unknown>>;
  throw new PixstoreError('CONFIG_INVALID', `The call of ${caller} has no option "${unknown}". It has: ${known}.`);
}

/**
 * For a configuration with options that decide who may see something. One of them that is there, but undefined, is a
 * value that did not arrive, and so is all of a promise: taken for left out, it would open what was meant to be shut.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 */
export function requireArrived(given: unknown, names: readonly string[], caller: string): void {
  if (given instanceof Promise) {
    throw new PixstoreError('CONFIG_INVALID', `The options of ${caller} are a promise. Await it first.`);
  }
  const absent = names.find((name) => isObject(given) && name in given && given[name] === undefined);
  if (absent === undefined) return;
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The option "${absent}" of ${caller} is there, but undefined. Check where it comes from, or leave it out.`,
  );
}

/** What a wrong value is, for a message; the value itself may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (value instanceof Promise) return 'a promise (await it first)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'another object';
  return `a ${typeof value}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Of whatever realm: the prototype of a plain object has none itself. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
