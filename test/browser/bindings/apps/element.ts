import 'pixstore/element';
import { note, root, type Tile } from './gallery.js';

const drawn = new Map<string, HTMLElementTagNameMap['pixstore-image']>();

globalThis.gallery = {
  show(tiles) {
    for (const [key, element] of drawn) {
      if (tiles.some((tile) => tile.key === key)) continue;
      element.remove();
      drawn.delete(key);
    }
    for (const tile of tiles) draw(tile);
  },
};

function draw(tile: Tile): void {
  const { key, record, alt, width, height, loading, canRetry } = tile;
  const element = drawn.get(key) ?? document.createElement('pixstore-image');
  for (const [name, value] of Object.entries({ alt, width, height, loading })) {
    if (value !== undefined) element.setAttribute(name, `${value}`);
  }
  if (canRetry) {
    const button = document.createElement('button');
    button.slot = 'error';
    button.textContent = 'Try again';
    button.onclick = () => element.retry();
    element.replaceChildren(button);
  }
  element.frontend = globalThis.frontend;
  element.record = record;
  element.onload = (event) => note(event, tile);
  element.onerror = (event) => note(event as Event, tile);
  if (!drawn.has(key)) root().append(element);
  drawn.set(key, element);
}
