import { isWholeNumber, must } from '../../shared/options.js';

/** How long things may take in a handler, in ms. */
export interface HandlerTimeouts {
  /** To send the body of a batch. Default: 10,000. */
  body: number;
  /** `authorize`, `audience` and the rate limiter, to answer one question. Default: 10,000. */
  checks: number;
  /** A connection over which an answer is taken more slowly than 4 KiB a second. Default: 30,000. */
  slow: number;
}

const defaults: HandlerTimeouts = { body: 10_000, checks: 10_000, slow: 30_000 };
const longestTimer = 2 ** 31 - 1;

export function withDefaultTimeouts(given: Partial<HandlerTimeouts> | undefined): HandlerTimeouts {
  return { ...defaults, ...given };
}

/** Checks an object of timeouts, by the names that it may have. */
export function isTimeoutsOf(names: readonly string[]) {
  const isTimeout = ([name, value]: [string, unknown]) =>
    names.includes(name) && isWholeNumber(1, longestTimer)(value) === undefined;
  return must(
    `an object of ms, each a whole number of at least 1; it may have ${names.join(', ')}`,
    (value) => typeof value === 'object' && value !== null && Object.entries(value).every(isTimeout),
  );
}

export const isHandlerTimeouts = isTimeoutsOf(Object.keys(defaults));
