import type { Rate } from '../../images/rate.js';
import { invalid, readWorkOptions, type WorkOptions } from '../options.js';

export interface BackUpOptions extends WorkOptions {
  /**
   * `keys`: the keys alone are replaced, which takes a moment. After a folder was erased it opens then in no backup any more.
   * Default: everything is backed up.
   */
  only?: 'keys';
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readBackUpOptions(given: unknown): BackUpOptions {
  const { only, ...options } = readWorkOptions(given, ['only'], 'backUpTo');
  if (only !== undefined && only !== 'keys') throw invalid('backUpTo', 'only', 'can be "keys", or is left out');
  return { ...definedOf(options), ...(only && { only }) };
}

export function definedOf({ signal, rate }: { signal: AbortSignal | undefined; rate: Rate }): WorkOptions {
  return { ...(signal && { signal }), rate };
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function backupNamed(backup: unknown, caller: string): { backup?: string } {
  if (backup === undefined) return {};
  if (typeof backup === 'string') return { backup };
  throw invalid(caller, 'backup', 'must be the name of a backup, as listBackups gives it');
}
