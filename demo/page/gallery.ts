import {
  defaultRangeExtractor,
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core';
import type { Picture } from '../answers.js';
import { nextFrames } from './dom.js';
import { Tile } from './tile.js';

const gap = 6; // CSS pixels
const smallestTile = 124;
const fewestColumns = 3;

/** What the arrow keys do, in tiles. */
const steps: Record<string, (columns: number) => number> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
  Home: () => Number.NEGATIVE_INFINITY,
  End: () => Number.POSITIVE_INFINITY,
};

/**
 * A grid of squares that scrolls with the page. Only rows near the viewport are elements; one tile is a tab stop, and arrow
 * keys go to the others.
 */
export class Gallery {
  #pictures: readonly (Picture | undefined)[] = [];
  #tiles = new Map<number, Tile>();
  #columns = fewestColumns;
  #size = smallestTile;
  #active = 0;
  #waiting: (() => void)[] = [];
  #virtualizer: Virtualizer<Window, HTMLElement>;

  /** @param above - what stands above the list, and may grow */
  constructor(
    private readonly list: HTMLElement,
    above: HTMLElement,
    private readonly open: (picture: Picture) => void,
  ) {
    this.#virtualizer = new Virtualizer<Window, HTMLElement>(this.#options());
    this.#virtualizer._didMount();
    const resized = new ResizeObserver(() => this.#measure());
    resized.observe(list);
    resized.observe(above);
    list.addEventListener('keydown', (event) => this.#move(event));
    list.addEventListener('focusin', ({ target }) => {
      const found = [...this.#tiles].find(([, { element }]) => element.contains(target as Node));
      if (found) this.#activate(found[0]);
    });
  }

  get pictures(): readonly Picture[] {
    return this.#pictures.filter((picture) => picture !== undefined);
  }

  get tilesInView(): Tile[] {
    return [...this.#tiles].sort(([one], [other]) => one - other).flatMap(([, tile]) => (tile.isInView ? [tile] : []));
  }

  /** Shows these pictures; undefined ones are grey squares. */
  show(pictures: readonly (Picture | undefined)[]): void {
    this.#pictures = pictures;
    this.#active = Math.min(this.#active, Math.max(0, pictures.length - 1));
    this.renew();
  }

  /** Adds pictures at the end. */
  append(pictures: readonly Picture[]): void {
    this.#pictures = [...this.#pictures, ...pictures];
    this.#measure();
  }

  /** Makes all tiles anew, as another visit would. */
  renew(): void {
    for (const index of this.#tiles.keys()) this.#drop(index);
    this.#measure();
  }

  /** Loads again what failed. */
  retry(): void {
    for (const tile of this.#tiles.values()) tile.retry();
  }

  /** Resolves when every picture in view is drawn, or will not come: in milliseconds. */
  async drawn(since = performance.now()): Promise<number> {
    await nextFrames(); // tiles ask for their pictures when they are laid out
    while (this.tilesInView.some(({ state }) => state === 'waiting')) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    await nextFrames();
    return performance.now() - since;
  }

  /** Puts the keyboard on a picture, wherever it is. */
  focus(index = this.#active): void {
    this.#activate(index);
    this.#virtualizer.scrollToIndex(Math.floor(index / this.#columns));
    this.#draw();
    this.#tiles.get(index)?.button.focus({ preventScroll: true });
  }

  #options() {
    return {
      count: Math.ceil(this.#pictures.length / this.#columns),
      estimateSize: () => this.#size + gap,
      overscan: 3,
      scrollMargin: this.list.offsetTop,
      scrollPaddingStart: 96, // the figures stay above
      scrollPaddingEnd: 16,
      getScrollElement: (): Window => window,
      observeElementRect: observeWindowRect,
      observeElementOffset: observeWindowOffset,
      scrollToFn: windowScroll,
      initialOffset: () => scrollY,
      onChange: () => this.#draw(),
      // The tile that has the keyboard is never taken away.
      rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        const rows = new Set([...defaultRangeExtractor(range), Math.floor(this.#active / this.#columns)]);
        return [...rows].filter((row) => row < range.count).sort((one, other) => one - other);
      },
    };
  }

  /** How many columns there are, and how large they are. */
  #measure(): void {
    const width = this.list.clientWidth;
    if (width === 0) return;
    this.#columns = Math.max(fewestColumns, Math.floor((width + gap) / (smallestTile + gap)));
    this.#size = (width - gap * (this.#columns - 1)) / this.#columns;
    this.#virtualizer.setOptions({ ...this.#virtualizer.options, ...this.#options() });
    this.#virtualizer._willUpdate();
    this.#virtualizer.measure();
    this.#draw();
  }

  #draw(): void {
    const { options } = this.#virtualizer;
    this.list.style.height = `${Math.max(0, this.#virtualizer.getTotalSize() - gap)}px`;
    const wanted = new Set<number>();
    for (const { index: row, start } of this.#virtualizer.getVirtualItems()) {
      for (let column = 0; column < this.#columns; column += 1) {
        const index = row * this.#columns + column;
        if (index >= this.#pictures.length) break;
        wanted.add(index);
        this.#place(index, column * (this.#size + gap), start - options.scrollMargin);
      }
    }
    for (const index of this.#tiles.keys()) if (!wanted.has(index)) this.#drop(index);
  }

  #place(index: number, x: number, y: number): void {
    let tile = this.#tiles.get(index);
    if (!tile) {
      tile = new Tile(this.#pictures[index], { open: this.open, settled: () => this.#settle() });
      tile.element.ariaPosInSet = String(index + 1);
      tile.opener.tabIndex = index === this.#active ? 0 : -1;
      this.#tiles.set(index, tile);
      this.list.append(tile.element);
    }
    tile.element.ariaSetSize = String(this.#pictures.length);
    const { style } = tile.element;
    style.width = style.height = `${this.#size}px`;
    style.transform = `translate(${x}px, ${y}px)`;
  }

  #drop(index: number): void {
    this.#tiles.get(index)?.element.remove();
    this.#tiles.delete(index);
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #activate(index: number): void {
    const former = this.#tiles.get(this.#active);
    if (former) former.opener.tabIndex = -1;
    this.#active = index;
    const tile = this.#tiles.get(index);
    if (tile) tile.opener.tabIndex = 0;
  }

  #move(event: KeyboardEvent): void {
    const step = steps[event.key]?.(this.#columns);
    if (step === undefined) return;
    event.preventDefault();
    const last = this.#pictures.length - 1;
    const next = Math.min(last, Math.max(0, this.#active + step));
    this.focus(next);
  }
}
