import { PixstoreError, type PixstoreErrorCode } from '../backend/index.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { Unread } from './screen.js';

/** Carries what kept a store from being opened. */
export class NotOpened extends Error {
  constructor(override readonly cause: unknown) {
    super('not opened', { cause });
  }
}

/** Ctrl-C, where it makes no signal. */
export class Stopped extends Error {}

/** How a command ended that did not end by itself. */
export interface Failure {
  exitCode: ExitCode;
  /** Undefined: nobody needs to be told. */
  message?: string;
  code?: string;
}

/** Of those that are neither, it failed. */
const exitCodeOf: Partial<Record<PixstoreErrorCode, ExitCode>> = {
  COMMAND_INVALID: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  IMAGE_ID_INVALID: exitCodes.usage,
  IMAGE_DIR_INVALID: exitCodes.usage,
  SOURCE_INVALID: exitCodes.usage,
  IMAGE_NOT_FOUND: exitCodes.found,
  BACKUP_MISSING: exitCodes.found,
  MASTER_KEY_INVALID: exitCodes.notOpened,
  MASTER_KEY_MISSING: exitCodes.notOpened,
  MASTER_KEY_MISMATCH: exitCodes.notOpened,
};

/** A sentence, a code and an exit code for whatever was thrown. Nothing but a sentence of our own is shown of it. */
export function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (error instanceof Unread) return { exitCode: exitCodes.unread };
  if (error instanceof NotOpened) {
    const failure = failureOf(error.cause, signal);
    return failure.exitCode === exitCodes.usage ? failure : { ...failure, exitCode: exitCodes.notOpened };
  }
  if (isStop(error, signal)) return { exitCode: exitCodes.stopped, message: 'Stopped.', code: 'STOPPED' };
  if (error instanceof PixstoreError) {
    const { message, code } = error;
    const exitCode = isForeignJournal(error) ? exitCodes.usage : exitCodeOf[code];
    return { exitCode: exitCode ?? exitCodes.failed, message, code };
  }
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException;
  return {
    exitCode: exitCodes.failed,
    message: `It ended by an error that is not pixstore's own (${code ?? name ?? 'unknown'}); --verbose says more.`,
    code: 'UNEXPECTED',
  };
}

/** One that cannot be read or written, as on a full disk, has what the system said as its cause. */
const isForeignJournal = ({ code, cause }: PixstoreError) => code === 'JOURNAL_UNUSABLE' && cause === undefined;

/** Was this thrown because the command was told to stop? */
export function isStop(error: unknown, signal: AbortSignal): boolean {
  return (
    error instanceof Stopped ||
    (signal.aborted && (error === signal.reason || (error as Error | undefined)?.name === 'AbortError'))
  );
}
