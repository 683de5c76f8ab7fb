import { defaultFrontend } from '../bindings/default-frontend.js';
import type { ImageRecord } from '../frontend/index.js';
import { drawPlaceholder } from '../frontend/showing/draw-placeholder.js';
import { type ImageState, nothingYet, type ObservingFrontend } from '../frontend/showing/image-view.js';
import { adoptStyles, createPaintedImage, type PaintedImage } from '../frontend/showing/painted-image.js';

// Servers may import the module; they have no elements.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * `<pixstore-image>`: a private picture, that behaves like an `<img>`.
 *
 * - Properties: `record`, and where they are needed `frontend` and `context`. Attributes: `alt`, `fit` (`object-fit`),
 *   `loading`, `width`, `height`, `sizes` (CSS pixels), `fetchpriority`, and `as="img"` for an `<img>` in any case.
 * - Events `load` and `error`; `state` and `retry()` say more. `data-status` says how the picture stands.
 * - The picture is `::part(image)`. The slots `loading` and `error` lie over it while there is none.
 *
 * @example
 * const image = document.createElement('pixstore-image');
 * Object.assign(image, { record: photo.record });
 * image.setAttribute('alt', photo.title);
 * document.body.append(image);
 */
export class PixstoreImageElement extends Base {
  static readonly observedAttributes = ['alt', 'as', 'fit', 'loading', 'width', 'height', 'sizes', 'fetchpriority'];

  /** What `createPixstoreFrontend` made, set before the element is on the page. Default: that of the page. */
  declare frontend?: ObservingFrontend;
  /** Handed to functions of yours, as by `getImage`. */
  declare context?: unknown;

  #record: ImageRecord | null | undefined;
  #state = nothingYet;
  #painted: PaintedImage | undefined;
  readonly #internals = this.attachInternals();
  readonly #root = this.attachShadow({ mode: 'closed' });
  readonly #slot = document.createElement('slot');

  constructor() {
    super();
    // Over the picture's place, with all of it within reach where that is small.
    Object.assign(this.#slot.style, { position: 'absolute', inset: '0', overflow: 'auto' });
    this.#slot.addEventListener('slotchange', () => this.#tell(this.#state));
    this.#root.append(this.#slot);
    adoptStyles(this.#root);
  }

  /** What the application's API gave; null or undefined while there is none. */
  get record(): ImageRecord | null | undefined {
    return this.#record;
  }
  set record(record: ImageRecord | null | undefined) {
    this.#record = record;
    this.#update();
  }

  /** How the picture stands. */
  get state(): ImageState {
    return this.#state;
  }

  /** Begins anew after an error; otherwise it does nothing. */
  retry(): void {
    this.#state.retry();
  }

  connectedCallback(): void {
    // One that was set before the element was defined hides what is set from now on.
    if (Object.hasOwn(this, 'record')) {
      const { record } = this;
      Reflect.deleteProperty(this, 'record');
      this.#record = record;
    }
    this.#painted ??= createPaintedImage({
      frontend: this.frontend ?? defaultFrontend,
      host: this,
      root: this.#root,
      onState: (state) => this.#tell(state),
    });
    this.#update();
  }

  disconnectedCallback(): void {
    // Not at once: what is moved to another place keeps its picture.
    queueMicrotask(() => {
      if (!this.isConnected) this.#painted?.leave();
    });
  }

  /** Sheets stay behind in the document that they were made in. */
  adoptedCallback(): void {
    adoptStyles(this.#root);
  }

  attributeChangedCallback(): void {
    this.#update();
  }

  #update(): void {
    if (!this.#painted || !this.isConnected) return;
    const text = (name: string) => this.getAttribute(name) ?? undefined;
    const priority = text('fetchpriority');
    const number = (name: string) => Number(text(name)) || undefined;
    this.#painted.update({
      record: this.#record,
      alt: text('alt'),
      fit: text('fit'),
      as: text('as') === 'img' ? 'img' : undefined,
      width: number('width'),
      height: number('height'),
      sizes: number('sizes'),
      loading: text('loading') === 'eager' ? 'eager' : 'lazy',
      priority: priority === 'high' || priority === 'low' ? priority : 'auto',
      placeholder: drawPlaceholder,
      context: this.context,
    });
    this.#tell(this.#state);
  }

  /** What the slots and assistive technology are told. */
  #tell(state: ImageState): void {
    const { error, picture } = state;
    this.#state = state;
    this.#slot.name = error ? 'error' : 'loading';
    this.#slot.style.display = picture ? 'none' : 'block';
    const alt = this.getAttribute('alt');
    // A picture, to assistive technology, has nothing within it that could be used.
    const isGroup = error && this.#slot.assignedElements().length > 0;
    this.#internals.role = isGroup ? 'group' : alt === '' ? 'presentation' : 'img';
    this.#internals.ariaLabel = alt;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'pixstore-image': PixstoreImageElement;
  }
}
