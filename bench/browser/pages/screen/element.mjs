import 'pixstore/element';
import { countKept } from '../kept.mjs';
import { createFrontend } from './frontend.mjs';
import { runOnScreen, withSize } from './run.mjs';

// `<pixstore-image>`, by the path that it takes by default; as eager as an `<img>` is by default.
await runOnScreen(({ port, records }) => {
  const frontend = createFrontend(port);
  return {
    makeTile(side) {
      const tile = document.createElement('pixstore-image');
      tile.setAttribute('alt', 'A picture');
      tile.setAttribute('loading', 'eager');
      Object.assign(tile, { frontend });
      return withSize(tile, side);
    },
    show(tiles, shown) {
      for (const [index, tile] of tiles.entries()) {
        tile.onload = () => shown(index);
        Object.assign(tile, { record: records[index] });
      }
    },
    kept: countKept,
  };
});
