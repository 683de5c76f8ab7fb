import { PixstoreError } from '../shared/errors/pixstore-error.js';

/** The signal of a call. @throws PixstoreError `CONFIG_INVALID` when it is none */
export function readSignal(given: unknown, caller: string): AbortSignal | undefined {
  if (given === undefined || typeof (given as AbortSignal | null)?.throwIfAborted === 'function') {
    return given as AbortSignal | undefined;
  }
  throw new PixstoreError('CONFIG_INVALID', `The option "signal" of ${caller} must be an AbortSignal.`);
}
