import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';

// Windows has neither: there a name is all that there is to a link, and no file makes its reader wait.
const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** For opening what others may have put there: a link would lead elsewhere, and a pipe would never answer. */
export const readOnly = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/**
 * Reads a file that may not be one.
 *
 * @param longest - bytes; of a longer one so many are read
 * @returns null when there is none, or something else in its place
 */
export function readSmallFile(path: string, longest: number): Buffer | null {
  try {
    return withFile(path, readOnly, (file) => {
      const bytes = Buffer.alloc(longest);
      return bytes.subarray(0, readSync(file, bytes, 0, longest, 0));
    });
  } catch (error) {
    if (isNotThere(error) || isNoFile(error)) return null;
    throw error;
  }
}

/**
 * Replaces the beginning of a file, which is made when there is none. What is behind stays.
 *
 * @param next - what stands there, at most so many bytes of it, becomes this; null leaves it
 */
export function replaceBytes(path: string, longest: number, next: (present: string) => string | null): void {
  withFile(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, (file) => {
    const present = Buffer.allocUnsafe(longest);
    const text = next(present.toString('latin1', 0, readSync(file, present, 0, longest, 0)));
    if (text !== null) writeSync(file, text, 0);
  });
}

export function withFile<Result>(path: string, flags: number, work: (file: number) => Result): Result | null {
  const file = openSync(path, flags, 0o600);
  try {
    return fstatSync(file).isFile() ? work(file) : null;
  } finally {
    closeSync(file);
  }
}

export function isNotThere(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A link, a folder, a pipe or a socket. */
function isNoFile(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO';
}
