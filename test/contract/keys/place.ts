import { createHmac, hkdfSync } from 'node:crypto';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/backend.js';
import type { BackendConfig } from '../../../src/backend/config.js';
import type { PixstoreBackend } from '../../../src/backend/public-api.js';
import { decodePayload } from '../../../src/shared/index.js';
import type { ImageRecord } from '../../../src/types/index.js';
import { quietLogger } from '../../support/backend.js';
import { temporaryFolder } from '../../support/folders.js';

/** Master keys, as text. */
export const [oldKey, newKey, thirdKey] = [7, 8, 9].map((byte) => Buffer.alloc(32, byte).toString('hex')) as [
  string,
  string,
  string,
];

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

  /** Copies the database, as of now, with its log. */
  function copyDatabase(name: string): string {
    const target = join(folder, name);
    for (const end of ['', '-wal']) if (existsSync(databasePath + end)) copyFileSync(databasePath + end, target + end);
    return target;
  }

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

/** A proof as whoever has a master key alone can make it, by the derivation of pixstore's first schemas. */
export function forgedProof(masterKey: string, id: string, now: number): string {
  const secret = Buffer.from(masterKey, 'hex');
  const proofKey = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), 'pixstore/proof/v1', 32));
  const window = Math.floor(now / 20_000);
  return createHmac('sha256', proofKey).update(`pixstore/proof/v1\n${window}\n${id}`).digest('base64url');
}
