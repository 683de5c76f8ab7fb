import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import {
  type BackendConfig,
  createMemoryBlobs,
  createMemoryRows,
  createMemoryStore,
  createPixstoreBackend,
  type ImageStore,
  openLocalStore,
  splitStore,
} from '../../../src/backend/index.js';
import { masterKey, quietLogger } from '../../support/backend.js';
import { temporaryFolder } from '../../support/folders.js';

/** A new store of each kind that there is. */
export const kinds: Record<string, () => Promise<ImageStore>> = {
  memory: async () => createMemoryStore(),
  split: async () =>
    splitStore(createMemoryRows({ inlineUpTo: 1_000 }), createMemoryBlobs(), { logger: quietLogger() }),
  local: async () => localIn(await temporaryFolder()),
};

export function localIn(folder: string): ImageStore {
  return openLocalStore({
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    writer: 'inline',
    inlineUpTo: 20_000,
    logger: quietLogger(),
  });
}

/** A backend on a store that others use, too; errors are thrown. */
export function backendOn(store: ImageStore, config: BackendConfig = {}): PixstoreBackend<never> {
  const backend = createPixstoreBackend<'throw'>({
    store,
    masterKey,
    defaultEndpointEnabled: false,
    logger: quietLogger(),
    ...config,
    errorHandlingMode: 'throw',
  });
  onTestFinished(() => backend.close());
  return backend;
}

/** Goes through all steps. @returns the last one */
export async function last<Step>(steps: AsyncIterable<Step>): Promise<Step> {
  let step: Step | undefined;
  for await (step of steps);
  if (step === undefined) throw new Error('there was no step');
  return step;
}

/** What a backend gives of every image: its file, and its record without what is made anew for every call. */
export async function contentsOf(backend: PixstoreBackend<never>): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for await (const { id, variants } of backend.listImages()) {
    const [record] = await backend.getImageRecords([id], { variants: true, placeholder: true });
    const files = await Promise.all(
      [undefined, ...variants].map(async (variant) => {
        const image = await backend.readImage(id, variant === undefined ? {} : { variant });
        return Buffer.from(image?.bytes ?? []).toString('base64');
      }),
    );
    all[id] = { files, record: withoutProofs(record) };
  }
  return all;
}

function withoutProofs(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === 'statelessProof' ? undefined : inner)));
}
