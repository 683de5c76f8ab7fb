import { join } from 'node:path';

/**
 * How the process that is killed and the one that looks afterwards open the same folder.
 *
 * @param {string} folder
 */
export const backendOf = (folder) => ({
  databasePath: join(folder, 'images.sqlite'),
  imageRootDir: join(folder, 'images'),
  masterKey: Buffer.alloc(32, 7).toString('base64'),
  defaultEndpointEnabled: false,
  /** @type {'throw'} */
  errorHandlingMode: 'throw',
});
