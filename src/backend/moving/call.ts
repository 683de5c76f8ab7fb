import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** @param caller - who takes it, for the message @throws PixstoreError `CONFIG_INVALID` */
export function readSignal(signal: unknown, caller: string): AbortSignal | undefined {
  if (signal === undefined || typeof (signal as AbortSignal | null)?.throwIfAborted === 'function') {
    return signal as AbortSignal | undefined;
  }
  throw new PixstoreError('CONFIG_INVALID', `The option "signal" of ${caller} must be an AbortSignal.`);
}

export const isPath = (path: unknown): path is string => typeof path === 'string' && path.trim() !== '';
