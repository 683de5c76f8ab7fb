import { countKept } from '../kept.mjs';
import { createFrontend } from './frontend.mjs';
import { makeImage, runOnScreen, setSrc } from './run.mjs';

// `getImageUrl`, and an `<img>` of the page.
await runOnScreen(({ port, records }) => {
  const frontend = createFrontend(port);
  return {
    makeTile: makeImage,
    show(tiles, shown) {
      for (const [index, tile] of tiles.entries()) {
        void frontend.getImageUrl(records[index]).then(({ url }) => setSrc(tile, url, () => shown(index)));
      }
    },
    kept: countKept,
  };
});
