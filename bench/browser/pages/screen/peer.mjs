import { getImage, initPixstoreFrontend } from 'pixstore-peer/frontend';
import { countKept } from '../kept.mjs';
import { makeImage, runOnScreen, setSrc } from './run.mjs';

// Every option is said: some of the peer's defaults are made for its tests.
await runOnScreen(({ port, records }) => {
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
  return {
    makeTile: makeImage,
    show(tiles, shown) {
      for (const [index, tile] of tiles.entries()) {
        void getImage(records[index]).then((picture) =>
          setSrc(tile, URL.createObjectURL(/** @type {Blob} */ (picture)), () => shown(index)),
        );
      }
    },
    kept: countKept,
  };
});
