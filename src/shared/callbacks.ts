import type { Logger } from './errors/gate.js';

/**
 * Calls a function of the application's that is only told of something. When it fails, at once or later, the work it was
 * told of goes on, and the process does too.
 *
 * @param onFailed - told of the failure; when it fails as well, nobody is
 * @example
 * tell(() => options.onImageLoad?.(event), (error) => logger.error(`[pixstore] onImageLoad failed: ${error}`));
 */
export function tell(callback: () => unknown, onFailed?: (error: unknown) => unknown): void {
  const failed = (error: unknown) => {
    if (onFailed) tell(() => onFailed(error));
  };
  try {
    const result = callback();
    if (isThenable(result)) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/** @param fallback - gets the lines that the logger fails to take; without one they are lost */
export function guardLogger(logger: Logger, fallback?: Logger): Logger {
  const guarded = (level: keyof Logger) => (message: string) =>
    tell(
      () => logger[level](message),
      () => fallback?.[level](message),
    );
  return { info: guarded('info'), warn: guarded('warn'), error: guarded('error') };
}

/** Promises of other libraries and realms are no instances of ours. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
