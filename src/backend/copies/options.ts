import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** What all long works take. */
export interface WorkOptions {
  /** Ends it between two images; what was done stays done, and the next call goes on. */
  signal?: AbortSignal;
  /** How much a second, at most, so that others get their share of disk and processor. Default: no limit. */
  rate?: Rate;
}

/** So many images a second, or so many bytes of ciphertext. */
export type Rate = { images: number } | { bytes: number };

/**
 * The options of a call, with `signal` and `rate` looked at.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 */
export function readWorkOptions<Name extends string>(
  given: unknown,
  names: readonly Name[],
  caller: string,
): Partial<Record<Name, unknown>> & { signal: AbortSignal | undefined; rate: Rate | undefined } {
  const options = readCallOptions(given ?? {}, [...names, 'signal', 'rate'], caller);
  const { signal, rate } = options as { signal?: AbortSignal; rate?: Rate };
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw invalid(caller, 'signal', 'must be an AbortSignal');
  }
  if (rate !== undefined && !isRate(rate)) {
    throw invalid(caller, 'rate', 'must be { images } or { bytes }: a number a second, above 0');
  }
  return { ...(options as Partial<Record<Name, unknown>>), signal, rate };
}

function isRate(rate: unknown): rate is Rate {
  if (typeof rate !== 'object' || rate === null) return false;
  const [[name, value] = [], ...others] = Object.entries(rate);
  return (name === 'images' || name === 'bytes') && typeof value === 'number' && value > 0 && others.length === 0;
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
