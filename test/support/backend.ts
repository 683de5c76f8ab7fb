import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createPixstoreBackend } from '../../src/backend/face/backend.js';
import type { BackendConfig } from '../../src/backend/face/config.js';
import type { PixstoreBackend } from '../../src/backend/face/public-api.js';
import { temporaryFolder } from './folders.js';

export const masterKey = Buffer.alloc(32, 7).toString('base64');

/** Says nothing, and remembers what it was told. */
export function quietLogger() {
  const lines: string[] = [];
  const note = (line: string) => {
    lines.push(line);
  };
  return { lines, info: note, warn: note, error: note };
}

/** A backend on real SQLite in a folder of its own, without endpoint; errors are thrown unless the config says else. */
export async function openBackend(config: BackendConfig = {}): Promise<PixstoreBackend & { folder: string }> {
  const folder = await temporaryFolder();
  const backend = createPixstoreBackend({
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    defaultEndpointEnabled: false,
    errorHandlingMode: 'throw',
    masterKey,
    logger: quietLogger(),
    ...config,
  });
  onTestFinished(() => backend.close());
  return { ...backend, folder };
}
