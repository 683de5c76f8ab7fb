// What the apps of all bindings have in common: a page that shows tiles, and what it is told.
import type { ImageRecord } from 'pixstore/frontend';
import { pageHelpers } from '../../harness/page.js';

/** A picture of the page. */
export interface Tile {
  key: string;
  record: ImageRecord;
  alt: string;
  width?: number;
  height?: number;
  loading?: 'eager' | 'lazy';
  placeholder?: string;
  /** Where it is shown by an `<img>` of the page. */
  as?: 'img';
  /** A button is shown in place of a picture that failed. */
  canRetry?: boolean;
}

export interface Gallery {
  /** Shows these tiles and no others. */
  show(tiles: readonly Tile[]): void;
}

declare global {
  var gallery: Gallery;
  /** `load` and `error` events, with the keys of their tiles. */
  var events: string[];
}

globalThis.helpers = pageHelpers;
globalThis.events = [];

export function note({ type }: { type: string }, { key }: Tile): void {
  globalThis.events.push(`${type} ${key}`);
}

/** Where the app draws. */
export function root(): HTMLElement {
  const found = document.getElementById('root');
  if (found) return found;
  const made = document.createElement('main');
  made.id = 'root';
  document.body.append(made);
  return made;
}
