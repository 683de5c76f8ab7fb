import { PixstoreError } from './errors/pixstore-error.js';

/** Says what a value must be, or nothing when it is that. */
export type Check = (value: unknown) => string | undefined;

/** What an option must be, and what it is when it is not given. */
export type OptionRule = readonly [check: Check, byDefault?: unknown];

/**
 * Completes and checks a configuration.
 *
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function readOptions<Options extends object>(
  given: unknown = {},
  rules: Readonly<Record<keyof Options & string, OptionRule>>,
  initName: string,
): Options {
  if (typeof given !== 'object' || !given || Array.isArray(given)) {
    throw new PixstoreError('CONFIG_INVALID', `${initName} takes an object.`);
  }
  const options: Record<string, unknown> = {};
  for (const name of Object.keys({ ...given, ...rules })) {
    if (!Object.hasOwn(rules, name)) {
      const names = Object.keys(rules).join(', ');
      throw new PixstoreError('CONFIG_INVALID', `${initName} has no option "${name}". It has: ${names}.`);
    }
    const [check, byDefault] = rules[name as keyof Options & string];
    const { [name]: value = byDefault } = given as Record<string, unknown>;
    if (value === undefined) continue;
    assertOption(name, check(value));
    options[name] = value;
  }
  return options as Options;
}

/**
 * @param problem - what the option must be, when it is not that
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function assertOption(name: string, problem: string | undefined): void {
  if (problem) throw new PixstoreError('CONFIG_INVALID', `The option "${name}" must be ${problem}.`);
}

/** Makes a check. */
export function must(be: string, isGood: (value: unknown) => boolean): Check {
  return (value) => (isGood(value) ? undefined : be);
}

export const isBoolean = /* @__PURE__ */ must('true or false', (value) => typeof value === 'boolean');

export const isText = /* @__PURE__ */ must(
  'a string, not empty',
  (value) => typeof value === 'string' && /\S/.test(value),
);

export const isFunction = /* @__PURE__ */ must('a function', (value) => typeof value === 'function');

export function isWholeNumber(from: number, to = Infinity): Check {
  return must(
    `a whole number from ${from} to ${to}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to,
  );
}

export function isOneOf(choices: readonly unknown[]): Check {
  return must(`one of ${choices}`, (value) => choices.includes(value));
}

export function isListOf(choices: readonly unknown[]): Check {
  return must(
    `a list of ${choices}`,
    (value) => Array.isArray(value) && value.length > 0 && value.every((entry) => choices.includes(entry)),
  );
}

/** A URL path: a slash before each part, none at the end. */
export const isRoute = /* @__PURE__ */ must(
  'a path such as "/pixstore-image"',
  (value) => typeof value === 'string' && /^(\/[\w.~-]+)+$/.test(value),
);

/** Checks shared by both sides of the contract. */
export const errorHandlingModes = ['hybrid', 'throw', 'warn', 'silent', 'custom'] as const;

export const isLogger = /* @__PURE__ */ must('a logger such as console', (value) =>
  ['info', 'warn', 'error'].every((name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function'),
);
