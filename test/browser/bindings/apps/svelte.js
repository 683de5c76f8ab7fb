import { flushSync, mount } from 'svelte';
import { root } from './gallery.js';
import { state } from './state.svelte.js';
import Tiles from './Tiles.svelte';

let isMounted = false;

globalThis.gallery = {
  show(tiles) {
    state.tiles = tiles;
    if (!isMounted) mount(Tiles, { target: root(), props: state });
    isMounted = true;
    flushSync();
  },
};
