import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type BackendConfig, type Logger, PixstoreError } from '../backend/index.js';
import { printable } from './format.js';
import { importDefault } from './imported.js';

/** Which store, as options of the command line say. */
export interface StoreFlags {
  database?: string;
  imageDir?: string;
  keyFile?: string;
  config?: string;
}

/**
 * Options of a backend: those of the `--config` file, and over them those of the command line. What is in neither has the
 * backend's own defaults.
 *
 * @throws PixstoreError `CONFIG_INVALID`, `COMMAND_INVALID`
 */
export async function readStoreOptions(flags: StoreFlags): Promise<BackendConfig> {
  const fromFile = flags.config === undefined ? {} : await importConfig(flags.config);
  if (fromFile.store !== undefined && (flags.database ?? flags.imageDir) !== undefined) {
    throw new PixstoreError(
      'COMMAND_INVALID',
      'The file of --config names a store: --database and --image-dir are for stores without one.',
    );
  }
  return {
    ...fromFile,
    ...(flags.database !== undefined && { databasePath: flags.database }),
    ...(flags.imageDir !== undefined && { imageRootDir: flags.imageDir }),
    ...(flags.keyFile !== undefined && { keyFilePath: flags.keyFile }),
  };
}

/** @throws PixstoreError `CONFIG_INVALID` */
async function importConfig(file: string): Promise<BackendConfig> {
  const exported = await importDefault(file, '--config');
  if (typeof exported === 'object' && exported !== null) return exported;
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The file ${basename(file)} of --config must export options of a backend: export default { databasePath: 'images.sqlite' }.`,
  );
}

/**
 * A database that is not there would be made: a name that was mistyped must not look like an empty store.
 *
 * @throws PixstoreError `STORE_NOT_FOUND`
 */
export function requireThere({ store, databasePath = './.pixstore.sqlite' }: BackendConfig): void {
  if (store !== undefined || existsSync(databasePath)) return;
  throw new PixstoreError(
    'STORE_NOT_FOUND',
    `There is no database ${basename(databasePath)} where this looks for it. Say where it is with --database and --image-dir, or with --config; "pixstore save" makes a new store.`,
  );
}

/** Messages of the backend, as lines for people. */
export function linesOf(line: (text: string) => void, isQuiet: boolean): Logger {
  const say = (message: string) => line(printable(message.replace(/^\[pixstore\] /, 'pixstore: ')));
  return { info: isQuiet ? () => {} : say, warn: say, error: say };
}
