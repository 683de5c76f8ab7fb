import { onTestFinished } from 'vitest';
import { type BackendConfig, initPixstoreBackend, saveImage } from '../../../../src/backend/index.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { ownOptions } from '../../../support/options.js';
import { stateOf } from '../../../support/payload.js';
import { photo } from '../../../support/photos.js';

/** The one backend of an application, with the default endpoint on loopback. */
export async function start(config: BackendConfig = {}) {
  const own = await ownOptions();
  const backend = initPixstoreBackend({ ...own, ...config });
  onTestFinished(() => backend.close());
  await backend.ready;
  const port = own.defaultEndpointListenPort;
  return { backend, port, url: `http://127.0.0.1:${port}/pixstore-image` };
}

export async function save(name = 'coffee.webp'): Promise<ImageRecord> {
  const record = await saveImage(photo(name), 'gallery');
  if (!record) throw new Error('The photo was not saved.');
  return record;
}

/** Asks the endpoint for the picture of a record; what the record lacks is left out of the request. */
export async function ask(url: string, { id, token, statelessProof }: Partial<ImageRecord>, init: RequestInit = {}) {
  const query = new URLSearchParams();
  if (statelessProof !== undefined) query.set('proof', statelessProof);
  if (token !== undefined) query.set('token', String(token));
  const response = await fetch(`${url}/${encodeURIComponent(id ?? '')}?${query}`, init);
  return { response, payload: new Uint8Array(await response.arrayBuffer()) };
}

export async function askState(url: string, record: Partial<ImageRecord>): Promise<string | undefined> {
  return stateOf((await ask(url, record)).payload);
}
