import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackendConfig, createPixstoreBackend, type ImageRecord, PixstoreError } from 'pixstore/backend';
import { listen } from './listen.js';

/** A real backend with its default endpoint, in a folder of its own, whose clock a test can move. */
export async function startBackend(options: BackendConfig = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-browser-'));
  const clock = { ahead: 0 };
  const backend = await withFreePort(async (port) => {
    const started = createPixstoreBackend({
      databasePath: join(folder, 'images.sqlite'),
      imageRootDir: join(folder, 'images'),
      defaultEndpointListenHost: '127.0.0.1',
      defaultEndpointListenPort: port,
      errorHandlingMode: 'throw',
      logger: { info() {}, warn: console.warn, error: console.error },
      now: () => Date.now() + clock.ahead,
      ...options,
    });
    await started.ready;
    return started;
  });

  return {
    ...backend,
    clock,
    port: backend.address()?.port ?? 0,

    /** Saves bytes and gives their record. */
    async save(bytes: Uint8Array, id?: string): Promise<ImageRecord> {
      return present(await backend.saveImage(bytes, id === undefined ? undefined : { id }));
    },

    async update(id: string, bytes: Uint8Array): Promise<ImageRecord> {
      return present(await backend.updateImage(id, bytes));
    },

    /** A fresh record, as the application's API would hand it out. */
    record: (id: string): ImageRecord => present(backend.getImageRecord(id)),

    async close(): Promise<void> {
      await backend.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestBackend = Awaited<ReturnType<typeof startBackend>>;

/** One of the real photos of the demo. */
export function photo(name: string): Promise<Buffer> {
  return readFile(new URL(`../../../demo/photos/${name}`, import.meta.url));
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Another program may take a port between our finding it free and using it: then the next one. */
async function withFreePort<Result>(start: (port: number) => Promise<Result>): Promise<Result> {
  for (;;) {
    const found = await listen(createServer());
    await found.close();
    try {
      return await start(found.port);
    } catch (error) {
      if (!(error instanceof PixstoreError && error.code === 'PORT_IN_USE')) throw error;
    }
  }
}

function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The backend returned null.');
  return value;
}
