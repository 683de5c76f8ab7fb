import { join } from 'node:path';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../src/backend/face/config.js';
import { quickFolder } from '../../fault/support/quick-folder.js';
import { photo } from '../../support/photos.js';

/** Where commands look for the store of a folder. */
export const pathsIn = (folder: string) => ({
  databasePath: join(folder, '.pixstore.sqlite'),
  imageRootDir: join(folder, 'pixstore-images'),
});

/** Works on the store of a folder as an application does, then closes it. */
export async function withStore<Result>(
  folder: string,
  work: (backend: ReturnType<typeof openIn>) => Promise<Result>,
  config: BackendConfig = {},
): Promise<Result> {
  const backend = openIn(folder, config);
  try {
    return await work(backend);
  } finally {
    await backend.close();
  }
}

function openIn(folder: string, config: BackendConfig) {
  return createPixstoreBackend({
    ...pathsIn(folder),
    defaultEndpointEnabled: false,
    logger: { info() {}, warn() {}, error() {} },
    ...config,
    errorHandlingMode: 'throw',
  });
}

/** A folder with a store of three images, `cats:tom`, `cats:kitty` and `rocket`. */
export async function folderWithStore(): Promise<string> {
  const folder = await quickFolder();
  await fillStore(folder);
  return folder;
}

/** `cats:tom` is too large for the database, so its ciphertext is a file. */
export async function fillStore(folder: string): Promise<void> {
  await withStore(folder, async (backend) => {
    await backend.saveImage(photo('cat.png'), { dir: 'cats', id: 'tom' });
    await backend.saveImage(photo('coffee.webp'), { dir: 'cats', id: 'kitty' });
    await backend.saveImage(photo('rocket.jpg'), { id: 'rocket' });
  });
}
