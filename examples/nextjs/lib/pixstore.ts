import { initPixstoreBackend } from 'pixstore/backend';

const data = process.env.PIXSTORE_DATA ?? 'data';

export const backend = initPixstoreBackend({
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
  databasePath: `${data}/pixstore.sqlite`,
  imageRootDir: `${data}/images`,
});
