import { getImage, initPixstoreFrontend } from 'pixstore-peer/frontend';
import { createGallery, oneByOne } from './gallery.mjs';
import { countKept } from './kept.mjs';

// Every option is said: some of the peer's defaults are made for its tests, such as a cache of very few images.
globalThis.gallery = createGallery((/** @type {{ port: number }} */ { port }) => {
  initPixstoreFrontend({
    defaultEndpointConnectHost: '127.0.0.1',
    defaultEndpointConnectPort: port,
    defaultEndpointRoute: '/pixstore-image',
    imageFormats: ['png', 'webp', 'jpg', 'jpeg'],
    frontendDbName: 'pixstore',
    frontendDbVersion: 1,
    imageStoreName: 'images',
    frontendImageCacheLimit: 1_000,
    frontendCleanupBatch: 50,
    errorHandlingMode: 'throw',
  });
  return { ...oneByOne(getImage), kept: countKept };
});
