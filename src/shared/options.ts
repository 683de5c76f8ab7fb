import { PixstoreError } from './errors/pixstore-error.js';

/** Says what is wrong with a value ("must be ..."), or nothing when it is good. */
export type Check = (value: unknown) => string | undefined;

/** One option: its default (undefined when it has none) and what it must be. */
export interface OptionRule {
  default?: unknown;
  check: Check;
}

/**
 * Completes and checks a configuration.
 *
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function readOptions<Options extends object>(
  given: unknown,
  rules: Readonly<Record<keyof Options & string, OptionRule>>,
  initName: string,
): Options {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    throw invalid(`${initName} takes an object of options`);
  }
  const config = (given ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(config)) {
    if (!Object.hasOwn(rules, name)) throw invalid(`${initName} has no option "${name}"${suggestion(name, rules)}`);
  }
  const options: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries<OptionRule>(rules)) {
    const value = config[name] === undefined ? rule.default : config[name];
    if (value === undefined) continue;
    const problem = rule.check(value);
    if (problem) throw invalid(`The option "${name}" ${problem}`);
    options[name] = value;
  }
  return options as Options;
}

function suggestion(name: string, rules: object): string {
  const close = Object.keys(rules).find((known) => known.toLowerCase() === name.toLowerCase());
  return close ? `: it is spelled "${close}"` : `. It has: ${Object.keys(rules).join(', ')}`;
}

function invalid(message: string): PixstoreError {
  return new PixstoreError('CONFIG_INVALID', `${message}.`);
}

export const isBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');

export const isText: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'must be a string that is not empty';

export const isFunction: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function');

export function isWholeNumber(from: number, to = Number.MAX_SAFE_INTEGER): Check {
  const range = to === Number.MAX_SAFE_INTEGER ? `of at least ${from}` : `from ${from} to ${to}`;
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to
      ? undefined
      : `must be a whole number ${range}`;
}

export function isOneOf(choices: readonly string[]): Check {
  return (value) => (choices.includes(value as string) ? undefined : `must be one of ${choices.join(', ')}`);
}

export function isListOf(choices: readonly string[]): Check {
  return (value) =>
    Array.isArray(value) && value.length > 0 && value.every((entry) => choices.includes(entry))
      ? undefined
      : `must be a list of one or more of ${choices.join(', ')}`;
}

/** A URL path such as `/pixstore-image`. */
export const isRoute: Check = (value) =>
  typeof value === 'string' && /^(?:\/[A-Za-z0-9_.~-]+)+$/.test(value)
    ? undefined
    : 'must be a path such as "/pixstore-image": a slash before each part, none at the end';

/** Checks shared by both sides of the contract. */
export const errorHandlingModes = ['hybrid', 'throw', 'warn', 'silent', 'custom'] as const;

export const isLogger: Check = (value) =>
  typeof value === 'object' &&
  value !== null &&
  ['info', 'warn', 'error'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
    ? undefined
    : 'must have the methods info, warn and error';
