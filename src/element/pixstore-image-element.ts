import { defaultFrontend } from '../bindings/default-frontend.js';
import { type ImageState, nothingYet, type ObservingFrontend } from '../bindings/image-view.js';
import { createShownImage, drawInto } from '../bindings/shown-image.js';
import type { ImageRecord } from '../frontend/index.js';

// Servers may import the module; they have no elements.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

// Keeps room for the picture, and has it follow the size of the element. Any rule of the page is stronger.
const css =
  ':host{display:inline-block;width:max-content;position:relative;overflow:hidden}' +
  ':host([hidden]),[hidden]{display:none}' +
  'img{display:block;height:auto;min-width:100%;max-width:100%;min-height:100%;max-height:100%;object-fit:inherit}' +
  // Chromium draws a frame where a picture is awaited.
  'img[data-status=loading]:not([src]){content:linear-gradient(#0000 0 0)}' +
  'slot:not([hidden]){display:block;position:absolute;inset:0}';

// One for all elements of the document that defined them.
let shared: CSSStyleSheet | undefined;

function sheetFor(view: Window | typeof globalThis): CSSStyleSheet {
  const sheet = new (view as typeof globalThis).CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/**
 * `<pixstore-image>`: a private picture, that behaves like an `<img>`.
 *
 * - Properties: `record`, and where they are needed `frontend` and `context`. Attributes: `alt`, `fit` (`object-fit`),
 *   `loading`, `width`, `height`, `sizes` (CSS pixels) and `fetchpriority`.
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
  static readonly observedAttributes = ['alt', 'fit', 'loading', 'width', 'height'];

  /** What `createPixstoreFrontend` made, set before the element is on the page. Default: that of the page. */
  declare frontend?: ObservingFrontend;
  /** Handed to functions of yours, as by `getImage`. */
  declare context?: unknown;

  #record: ImageRecord | null | undefined;
  #state = nothingYet;
  #shown: ReturnType<typeof createShownImage> | undefined;
  readonly #internals = this.attachInternals();
  readonly #root = this.attachShadow({ mode: 'closed' });
  readonly #image = document.createElement('img');
  readonly #slot = document.createElement('slot');

  constructor() {
    super();
    const image = this.#image;
    image.part.add('image');
    // The name is that of the element, whatever it shows.
    image.alt = '';
    image.onload = image.onerror = (event) => this.#tell(event as Event);
    this.#root.append(image, this.#slot);
    shared ??= sheetFor(globalThis);
    this.#root.adoptedStyleSheets = [shared];
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
    this.#shown ??= createShownImage(this.frontend ?? defaultFrontend, this, (state) => this.#draw(state));
    this.#update();
  }

  disconnectedCallback(): void {
    // Not at once: what is moved to another place keeps its picture.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#shown?.leave();
      this.#shown = undefined;
      this.#draw(nothingYet);
    });
  }

  /** Sheets stay behind in the document that they were made in. */
  adoptedCallback(): void {
    this.#root.adoptedStyleSheets = [sheetFor(this.ownerDocument.defaultView ?? globalThis)];
  }

  attributeChangedCallback(): void {
    this.#update();
  }

  #update(): void {
    if (!this.#shown) return;
    const number = (name: string) => Number(this.getAttribute(name)) || undefined;
    const { width = 0, height = 0 } = this.#record ?? {};
    const down = number('height');
    const across = number('width') ?? (down ? (down * width) / height : width);
    const { style } = this.#image;
    this.#image.width = across;
    style.aspectRatio = `${across} / ${down ?? (across * height) / width}`;
    style.objectFit = this.getAttribute('fit') ?? '';
    this.#shown.update({
      record: this.#record,
      sizes: number('sizes'),
      loading: this.getAttribute('loading') === 'eager' ? 'eager' : 'lazy',
      priority: this.getAttribute('fetchpriority') === 'high' ? 'high' : 'auto',
      context: this.context,
    });
    this.#draw(this.#state);
  }

  #draw(state: ImageState): void {
    const { error, src, status } = state;
    const isNews = error !== this.#state.error;
    this.#state = state;
    this.dataset.status = status;
    drawInto(this.#image, state);
    this.#slot.name = error ? 'error' : 'loading';
    this.#slot.hidden = !!src;
    const alt = this.getAttribute('alt');
    // A picture, to assistive technology, has nothing within it that could be used.
    const isGroup = error && this.#slot.assignedElements().length > 0;
    this.#internals.role = isGroup ? 'group' : alt === '' ? 'presentation' : 'img';
    this.#internals.ariaLabel = alt;
    if (error && isNews) this.#tell(new Event('error'));
  }

  #tell({ type }: Event): void {
    this.dispatchEvent(new Event(type));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'pixstore-image': PixstoreImageElement;
  }
}
