import { PixstoreError } from '../../../shared/errors/pixstore-error.js';

/** What was looked at. */
export type CheckName =
  | 'options'
  | 'node'
  | 'sqlite'
  | 'database'
  | 'folder'
  | 'disk'
  | 'store'
  | 'key'
  | 'key-place'
  | 'endpoint'
  | 'origins'
  | 'proofs'
  | 'clock'
  | 'processing';

/** What `diagnose` has found of one thing. */
export interface Finding {
  check: CheckName;
  /** `warning`: it works, and may not be meant so. `wrong`: something does not work, or is not safe. */
  status: 'ok' | 'warning' | 'wrong';
  /** What is so, in a sentence or two. */
  message: string;
  /** What to do. */
  advice?: string;
}

/** What a check says of what it looks at. */
export type Said = Omit<Finding, 'check'>;

export const ok = (message: string): Said => ({ status: 'ok', message });
export const warning = (message: string, advice: string): Said => ({ status: 'warning', message, advice });
export const wrong = (message: string, advice: string): Said => ({ status: 'wrong', message, advice });

/** An error of ours says what to do as well. Of others only the kind is told: they may name paths. */
export function failed(error: unknown): Said {
  if (error instanceof PixstoreError) return { status: 'wrong', message: error.message };
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException;
  return { status: 'wrong', message: `This could not be looked at (${code ?? name}).` };
}
