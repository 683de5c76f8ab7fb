import type { Picture } from '../answers.js';
import { find, fromTemplate, showBlob } from './dom.js';
import { explain, type Load, loadPicture, placeholderUrl } from './pictures.js';
import { showSource } from './source.js';

export interface CardActions {
  open(card: Card): void;
  replace(card: Card, file: File): void;
  remove(card: Card): void;
}

/** One picture in the grid. */
export class Card {
  readonly element = fromTemplate('card-template');
  /** How the picture that is shown was loaded; undefined when it could not be. */
  lastLoad: Load | undefined;
  #image = find(HTMLImageElement, 'img', this.element);
  #open = find(HTMLButtonElement, '.open', this.element);
  #trouble = find(HTMLElement, '.trouble', this.element);
  #replace = find(HTMLButtonElement, '[data-action=replace]', this.element);
  #delete = find(HTMLButtonElement, '[data-action=delete]', this.element);
  // Grows with every load: what an earlier one still brings must not overwrite it.
  #turn = 0;

  constructor(
    public picture: Picture,
    actions: CardActions,
  ) {
    const input = find(HTMLInputElement, 'input', this.element);
    this.#open.addEventListener('click', () => actions.open(this));
    this.#delete.addEventListener('click', () => actions.remove(this));
    this.#replace.addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      input.value = '';
      if (file) actions.replace(this, file);
    });
    find(HTMLButtonElement, 'button', this.#trouble).addEventListener('click', () => this.load());
    this.describe(picture);
  }

  /** Takes over another version of the picture; `load` shows it. */
  describe(picture: Picture): void {
    this.picture = picture;
    this.element.dataset.id = picture.id;
    this.#image.alt = picture.alt;
    const placeholder = placeholderUrl(picture.record);
    this.#open.style.backgroundImage = placeholder ? `url(${placeholder})` : '';
    find(HTMLElement, 'h2', this.element).textContent = picture.title;
    for (const [verb, button] of Object.entries({ Replace: this.#replace, Delete: this.#delete })) {
      button.title = verb;
      button.setAttribute('aria-label', `${verb} “${picture.title}”`);
    }
  }

  /** Shows the picture, or why it cannot be shown; never rejects. */
  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.element.setAttribute('aria-busy', 'true');
    const problem = await this.#show().then(
      () => undefined,
      (error: unknown) => explain(error),
    );
    if (turn !== this.#turn) return;
    if (problem !== undefined) this.showLoad(undefined);
    this.element.removeAttribute('aria-busy');
    this.element.dataset.state = problem === undefined ? 'shown' : 'failed';
    this.#trouble.hidden = problem === undefined;
    find(HTMLElement, 'p', this.#trouble).textContent = problem ?? '';
  }

  async #show(): Promise<void> {
    const { width = 1, height = 1 } = this.picture.record;
    // The tile is a square that is filled: of a wide picture, its height fills it.
    const cssWidth = this.#open.clientWidth * Math.max(1, width / height);
    await showBlob(this.#image, await loadPicture(this.picture, { cssWidth }));
  }

  /** Says where the picture came from. */
  showLoad(load: Load | undefined): void {
    this.lastLoad = load;
    showSource(find(HTMLElement, '.source', this.element), load);
  }
}
