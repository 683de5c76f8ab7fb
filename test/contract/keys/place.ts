import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../src/backend/face/config.js';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { decodePayload } from '../../../src/shared/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { quietLogger } from '../../support/backend.js';
import { copyWithLog, temporaryFolder } from '../../support/folders.js';

/** A folder with a database and images, that backends with one key or another are opened on. */
export async function keyPlace() {
  const folder = await temporaryFolder();
  const clock = { now: 1_700_000_000_000 };
  const databasePath = join(folder, 'db.sqlite');

  function open(masterKey: BackendConfig['masterKey'], config: BackendConfig = {}): PixstoreBackend {
    const backend = createPixstoreBackend({
      databasePath,
      imageRootDir: join(folder, 'images'),
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
      logger: quietLogger(),
      now: () => clock.now,
      ...(masterKey === undefined ? {} : { masterKey }),
      ...config,
    });
    onTestFinished(() => backend.close());
    return backend;
  }

  const copyDatabase = (name: string) => copyWithLog(databasePath, join(folder, name));

  return { folder, databasePath, clock, open, copyDatabase };
}

export async function drain<Step>(steps: AsyncIterable<Step>): Promise<Step[]> {
  const all: Step[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

/** The state of the answer that a record gets. */
export async function ask(backend: PixstoreBackend, { id, token, statelessProof }: ImageRecord): Promise<number> {
  const payload = await backend.customEndpointHelper(id, token, statelessProof);
  return decodePayload(payload as Uint8Array).state;
}
