import { join } from 'node:path';

/**
 * Makes a variant that is the picture itself: so that it can be told whether both are of the same version.
 *
 * @type {import('pixstore/backend').ImageProcessing}
 */
export const processing = {
  placeholders: false,
  definitions: () => new Map([['copy', 'copy']]),
  convert: () => null,
  process: async (picture, { variants }) => ({ variants: variants.map((name) => ({ name, ...picture })) }),
};

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
