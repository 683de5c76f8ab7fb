import type { BackendConfig } from '../../src/backend/index.js';
import { masterKey, openBackend } from './backend.js';
import { ownOptions } from './options.js';
import { openPayload } from './payload.js';
import { photo } from './photos.js';
import { sendRequest } from './raw-http.js';

// No window ends while a test runs.
const aDay = 86_400_000;

/** A default endpoint with one photo, for requests that nobody should send. */
export async function startEndpoint(photoName = 'coffee.webp', config: BackendConfig = {}) {
  const own = await ownOptions();
  const backend = await openBackend({
    ...own,
    defaultEndpointEnabled: true,
    statelessKeyWindowLength: aDay,
    ...config,
  });
  await backend.ready;
  const record = await backend.saveImage(photo(photoName), 'gallery');
  if (!record) throw new Error('The photo was not saved.');
  const port = own.defaultEndpointListenPort;
  const { id, token, statelessProof } = record;
  const path = `/pixstore-image/${encodeURIComponent(id)}`;
  return {
    backend,
    own,
    record,
    port,
    path,
    proof: statelessProof,
    goodTarget: `${path}?proof=${statelessProof}&token=${token}`,
    /** What no log and no answer may ever carry. */
    secrets: [statelessProof, record.meta.key, masterKey, own.imageRootDir, own.databasePath],

    /** Is a good request still answered with the picture, and the record what it was? */
    async isIntact(): Promise<boolean> {
      const now = backend.getImageRecord(id);
      if (!now || now.token !== token || now.meta.key !== record.meta.key) return false;
      const { status, body } = await sendRequest(port, 'GET', `${path}?proof=${now.statelessProof}&token=${token}`);
      return status === 200 && openPayload(body, now).equals(photo(photoName));
    },
  };
}

export type Endpoint = Awaited<ReturnType<typeof startEndpoint>>;
