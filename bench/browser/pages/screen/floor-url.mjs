import { countKept } from '../kept.mjs';
import { loadSealed } from '../sealed-source.mjs';
import { makeImage, runOnScreen, setSrc } from './run.mjs';

// The least that encrypted pictures can take by Blob URLs.
await runOnScreen(({ port, records }) => ({
  makeTile: makeImage,
  show(tiles, shown) {
    void loadSealed(port, records, (index, bytes) =>
      setSrc(tiles[index], URL.createObjectURL(new Blob([bytes])), () => shown(index)),
    );
  },
  kept: () => countKept({ database: 'floor', store: 'rows' }),
}));
