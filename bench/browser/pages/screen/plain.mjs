import { makeImage, runOnScreen, setSrc } from './run.mjs';

// Unprotected files, and the browser's own cache.
await runOnScreen(({ port, records }) => ({
  makeTile: makeImage,
  show(tiles, shown) {
    for (const [index, tile] of tiles.entries()) {
      setSrc(tile, `http://127.0.0.1:${port}/${records[index].id}`, () => shown(index));
    }
  },
}));
