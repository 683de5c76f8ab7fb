import type { PixstoreImageElement } from 'pixstore/element';
import 'pixstore/element';
import type { Picture } from '../answers.js';
import { find, fromTemplate } from './dom.js';
import { explain } from './pictures.js';

export interface TileEvents {
  open(picture: Picture): void;
  /** The picture is there, or will not come. */
  settled(tile: Tile): void;
}

/** One picture in the grid. */
export class Tile {
  readonly element = fromTemplate('tile-template');
  readonly opener = find(HTMLButtonElement, '.open', this.element);
  #image = find(HTMLElement, 'pixstore-image', this.element) as PixstoreImageElement;

  /** @param picture - undefined while nothing is known yet: a grey square */
  constructor(
    readonly picture: Picture | undefined,
    events: TileEvents,
  ) {
    const { element, opener } = this;
    element.inert = !picture;
    if (!picture) return;
    const { id, title, alt, record } = picture;
    element.dataset.id = id;
    element.dataset.state = 'waiting';
    opener.title = title;
    opener.setAttribute('aria-label', `${title}: see what is really stored`);
    opener.addEventListener('click', () => events.open(picture));

    const image = this.#image;
    image.setAttribute('alt', alt);
    image.addEventListener('load', () => {
      element.dataset.state = 'shown';
      element.dataset.source = image.state.source;
      events.settled(this);
    });
    image.addEventListener('error', () => {
      element.dataset.state = 'failed';
      find(HTMLElement, 'p', image).textContent = explain(image.state.error);
      events.settled(this);
    });
    find(HTMLButtonElement, 'button', image).addEventListener('click', () => this.retry());
    image.record = record;
  }

  get state(): 'waiting' | 'shown' | 'failed' {
    return this.element.dataset.state as 'waiting' | 'shown' | 'failed';
  }

  get isInView(): boolean {
    const { top, bottom } = this.element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  /** What the keyboard reaches of it. */
  get button(): HTMLButtonElement {
    return this.state === 'failed' ? find(HTMLButtonElement, '.trouble button', this.element) : this.opener;
  }

  /** Loads a picture again that failed. */
  retry(): void {
    if (this.state !== 'failed') return;
    this.element.dataset.state = 'waiting';
    this.#image.retry();
  }
}
