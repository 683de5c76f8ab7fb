// Compiled by types.test.ts as the program of a user; it is never run.
import {
  createPixstoreBackend,
  customEndpointHelper,
  getImageRecord,
  getImageRecords,
  initPixstoreBackend,
  saveImage,
} from 'pixstore/backend';
import { getImage, initPixstoreFrontend, pickVariant, placeholderUrl } from 'pixstore/frontend';
import { sharpProcessing } from 'pixstore/processing';
import { getLastPixstoreError, PixstoreError, setCustomErrorHandler, WirePayloadState } from 'pixstore/shared';
import type { ImageFetcher, ImageRecord } from 'pixstore/types';

export async function server(upload: Uint8Array): Promise<ImageRecord | null> {
  const backend = initPixstoreBackend({ statelessKeyWindowLength: 20_000, defaultEndpointEnabled: false });
  await backend.ready;
  const saved: ImageRecord | null = await saveImage(upload, 'avatars');
  if (saved === null) return null;
  const payload = await customEndpointHelper(saved.id, undefined, saved.statelessProof);
  if (payload?.[0] === WirePayloadState.NotFound) return null;
  await getImageRecords([saved.id]);
  await backend.close();
  return getImageRecord(saved.id);
}

const strict = createPixstoreBackend({ errorHandlingMode: 'throw', defaultEndpointEnabled: false });
export const saveOrThrow = (upload: Uint8Array): Promise<ImageRecord> => strict.saveImage(upload);

export const processing = sharpProcessing({ variants: { thumb: { width: 160 } }, convert: { heic: 'webp' } });

export const shown = (record: ImageRecord): [ImageRecord, string | undefined] => [
  pickVariant(record, 160, 2),
  placeholderUrl(record),
];

const fetcher: ImageFetcher<{ login: string }> = async (record, context) => {
  const response = await fetch(`/images/${record.id}`, { headers: { authorization: context?.login ?? '' } });
  return new Uint8Array(await response.arrayBuffer());
};

export async function page(record: ImageRecord): Promise<Blob | null> {
  initPixstoreFrontend({ frontendImageCacheLimit: 500 }, fetcher);
  setCustomErrorHandler((error) => error instanceof PixstoreError && console.error(error.code));
  const blob = await getImage(record, { login: 'mine' });
  return getLastPixstoreError()?.code === 'IMAGE_NOT_FOUND' ? null : blob;
}

export function recordFor(id: string, user?: { id: string }) {
  // @ts-expect-error a user who may not be there: null would say everybody
  getImageRecord(id, { audience: user?.id });
  // @ts-expect-error the user in place of the options
  getImageRecord(id, 'user-7');
  // @ts-expect-error an option that does not exist
  getImageRecord(id, { audiance: 'user-7' });
  // @ts-expect-error a secret that did not arrive
  createPixstoreBackend({ masterKey: undefined });
  return getImageRecord(id, { audience: user ? user.id : null });
}

// @ts-expect-error an option that does not exist
createPixstoreBackend({ imageFormat: ['png'] });
// @ts-expect-error a record without its token
getImage({ id: 'a', meta: { key: '', iv: '', tag: '' }, statelessProof: '' });
