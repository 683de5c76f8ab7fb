import { PixstoreImage, pixstoreVue } from 'pixstore/vue';
import { createApp, h, shallowRef } from 'vue';
import { note, root, type Tile } from './gallery.js';

const shown = shallowRef<readonly Tile[]>([]);

function draw(tile: Tile) {
  const { canRetry, ...props } = tile;
  const events = { onLoad: (event: Event) => note(event, tile), onError: (event: Event) => note(event, tile) };
  const retry = ({ error, retry }: { error?: unknown; retry: () => void }) =>
    error ? h('button', { onClick: retry }, 'Try again') : undefined;
  return h(PixstoreImage, { ...props, ...events }, canRetry ? { default: retry } : {});
}

let isMounted = false;

globalThis.gallery = {
  show(tiles) {
    shown.value = tiles;
    if (isMounted) return;
    isMounted = true;
    createApp({ render: () => shown.value.map(draw) })
      .use(pixstoreVue, { frontend: globalThis.frontend })
      .mount(root());
  },
};
