import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type Rate, readRate } from '../images/rate.js';
import { readSignal } from '../read-signal.js';

/** What all long works take. */
export interface WorkOptions {
  /** Ends it between two images; what was done stays done, and the next call goes on. */
  signal?: AbortSignal;
  /** How much a second, at most, so that others get their share of disk and processor. Default: no limit. */
  rate?: Rate;
}

/**
 * The options of a call, with `signal` and `rate` looked at.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 */
export function readWorkOptions<Name extends string>(
  given: unknown,
  names: readonly Name[],
  caller: string,
): Partial<Record<Name, unknown>> & { signal: AbortSignal | undefined; rate: Rate } {
  const options = readCallOptions(given ?? {}, [...names, 'signal', 'rate'], caller);
  return { ...options, signal: readSignal(options.signal, caller), rate: readRate(options.rate, caller) };
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readFlag(value: unknown, preset: boolean, caller: string, name: string): boolean {
  if (value === undefined) return preset;
  if (typeof value === 'boolean') return value;
  throw invalid(caller, name, 'must be true or false');
}

/** @param problem - what is wrong with it, as the end of a sentence */
export function invalid(caller: string, name: string, problem: string): PixstoreError {
  return new PixstoreError('CONFIG_INVALID', `The option "${name}" of ${caller} ${problem}.`);
}
