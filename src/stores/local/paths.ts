import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** Both would be taken for names of files, and somebody look for data in a place where it is not. */
export function requirePath(option: string, path: string): void {
  if (path === ':memory:') {
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The option ${option} must be a path in the file system. For images in memory, give the option store: createMemoryStore().`,
    );
  }
  if (/^file:/i.test(path)) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The option ${option} must be a path in the file system, not a URL: give what fileURLToPath of node:url makes of it.`,
    );
  }
}
