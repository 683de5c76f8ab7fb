import type { Logger } from '../../shared/errors/gate.js';
import type { KeyWrapper } from '../keys/key-wrapper.js';
import type { CheckedOptions } from './config.js';

/** The options that are functions, or have some, as they were read. */
export type BackendFunctions = Pick<
  CheckedOptions,
  'logger' | 'now' | 'randomBytes' | 'rateLimit' | 'limits' | 'store' | 'masterKey' | 'onServe' | 'processing'
>;

/**
 * Options whose functions can be exchanged while a backend works with them: hot reload makes new ones, and what the old
 * ones stand on may be gone. Those that were not there stay away, and what is no function stays as it was.
 */
export function withExchangeableFunctions(given: CheckedOptions): {
  options: CheckedOptions;
  useFunctions(newer: BackendFunctions): void;
} {
  let current: BackendFunctions = given;
  const log = (level: keyof Logger) => (message: string) => current.logger[level](message);
  const options: CheckedOptions = {
    ...given,
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
    now: () => current.now(),
  };
  const { randomBytes, rateLimit, limits, store, masterKey, onServe, processing } = given;
  if (onServe) options.onServe = (event) => (current.onServe ?? onServe)(event);
  if (randomBytes) {
    options.randomBytes = (length) => (current.randomBytes ?? randomBytes)(length);
  }
  if (processing) {
    const newest = () => current.processing ?? processing;
    options.processing = {
      definitions: (dir) => newest().definitions(dir),
      get placeholders() {
        return newest().placeholders;
      },
      convert: (bytes, format) => newest().convert(bytes, format),
      process: (picture, wanted) => newest().process(picture, wanted),
    };
  }
  if (rateLimit) {
    const { clientOf } = rateLimit;
    options.rateLimit = {
      ...rateLimit,
      limiter: { consume: (client, points) => (current.rateLimit ?? rateLimit).limiter.consume(client, points) },
      ...(clientOf && { clientOf: (request) => (current.rateLimit?.clientOf ?? clientOf)(request) }),
    };
  }
  if (typeof limits?.folder === 'function') {
    const { folder } = limits;
    const newest = () => (typeof current.limits?.folder === 'function' ? current.limits.folder : folder);
    options.limits = { folder: (dir) => newest()(dir) };
  }
  if (typeof store === 'function') {
    options.store = () => (typeof current.store === 'function' ? current.store : store)();
  }
  if (masterKey !== undefined) {
    options.masterKey = [masterKey].flat().map((key, index) => {
      if (typeof key === 'string') return key;
      const newest = (): KeyWrapper => {
        const wrapper = [current.masterKey ?? masterKey].flat()[index];
        return typeof wrapper === 'object' ? wrapper : key;
      };
      return {
        id: key.id,
        wrap: (bytes, context) => newest().wrap(bytes, context),
        unwrap: (wrapped, context) => newest().unwrap(wrapped, context),
      };
    });
  }
  return {
    options,
    useFunctions(newer) {
      current = newer;
    },
  };
}
