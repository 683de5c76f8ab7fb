// A page that paints, by `paintImage` alone.
import 'pixstore/element';
import {
  drawPlaceholder,
  type ImageRecord,
  initPixstoreFrontend,
  type PaintedElement,
  type PaintOptions,
  paintImage,
} from 'pixstore/frontend';
import { pageHelpers } from '../../harness/page.js';

export interface Paint {
  /** Paints into an element that it adds to the page, with this style; the last of them is `tile`. */
  add(record: ImageRecord | null, style: string, options?: PaintOptions, tile?: HTMLElement): void;
  update(record: ImageRecord | null, options?: PaintOptions): void;
}

declare global {
  var paint: Paint;
  var painted: PaintedElement;
  var tile: HTMLElement;
  /** Of the last tile: its events. */
  var told: string[];
  var initDefault: typeof initPixstoreFrontend;
  /** What `paintImage` says of an element. */
  var codeOf: (name: string) => unknown;
}

globalThis.helpers = pageHelpers;
globalThis.told = [];
globalThis.initDefault = initPixstoreFrontend;
globalThis.paint = {
  add(record, style, options = {}, tile = document.createElement('span')) {
    tile.style.cssText = style;
    tile.onload = tile.onerror = (event) => globalThis.told.push((event as Event).type);
    document.body.append(tile);
    globalThis.tile = tile;
    globalThis.painted = paintImage(tile, record, {
      alt: 'A picture',
      frontend: globalThis.frontend,
      placeholder: drawPlaceholder,
      ...options,
    });
  },
  update: (record, options = {}) => globalThis.painted.update(record, { alt: 'A picture', ...options }),
};
globalThis.codeOf = (name) => {
  try {
    paintImage(document.createElement(name), null, { frontend: globalThis.frontend });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};
