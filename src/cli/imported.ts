import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PixstoreError } from '../backend/index.js';

/**
 * The default export of a module, or what it returns or promises when it is a function.
 *
 * @param what - that the module is for, such as an option
 * @throws PixstoreError `CONFIG_INVALID`
 */
export async function importDefault(file: string, what: string): Promise<unknown> {
  try {
    const { default: exported } = await import(pathToFileURL(resolve(file)).href);
    return typeof exported === 'function' ? await exported() : exported;
  } catch (cause) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The file ${basename(file)} of ${what} could not be loaded (${(cause as NodeJS.ErrnoException).code ?? (cause as Error)?.name}); --verbose says more.`,
      { cause },
    );
  }
}
