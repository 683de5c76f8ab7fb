import { choosePath, type Drawing, isInline, type Path, pixelsOf } from './choose-path.js';
import { decode } from './decode.js';
import { paintInTurn } from './paint-queue.js';
import type { EncodedPicture, Size } from './picture.js';

/** What is to be seen, and where. */
export interface Scene {
  /** Drawn anew when it is another object. Undefined takes away what is there. */
  picture: EncodedPicture | undefined;
  /** The image that it is of: of the same one, what is there stays until the next is drawn. */
  id: string | undefined;
  /** Pixels of the picture, upright. */
  size: Size | undefined;
  /** CSS pixels of the element; undefined where it is far from the viewport, or is to have an `<img>`. */
  box: Size | undefined;
}

/** A picture on its way to the screen, or there. */
interface Job {
  picture: EncodedPicture;
  size: Size | undefined;
  /** Waits for its turn, or is under way: forgets it, where it waits. */
  leave?: (() => void) | undefined;
  /** That it is tried by, or was shown by. */
  path?: Path | undefined;
  /** The other path did not show it. */
  isLastTry?: boolean;
  /** Of the Blob that the `<img>` loads. */
  url?: string | undefined;
  isTold?: boolean;
}

// A canvas stays as it is until it has so many times too few pixels, or too many: by side.
const tooFew = 1.1;
const tooMany = 2;

// Whose content security policy lets no `<img>` have such pictures; canvases it has no say in.
const refusing = new WeakSet<Document>();

/**
 * Draws pictures into a shadow root: by an `<img>`, or by a canvas over it.
 *
 * @param tell - of the end of each picture: it is on the screen, or cannot be decoded
 */
export function createSurface(root: ShadowRoot, tell: (event: 'load' | 'error') => void) {
  const image = document.createElement('img');
  let box: Size | undefined;
  let job: Job | undefined;
  let shownId: string | undefined;
  let canvas: HTMLCanvasElement | undefined;

  // Name and role are the host's.
  image.ariaHidden = 'true';
  image.alt = '';
  image.part.add('image');
  root.prepend(image);

  function begin(next: Job): void {
    next.leave = paintInTurn(() => draw(next));
  }

  function pixelsOfNow(size: Size | undefined): Size | undefined {
    return size && box?.width && box.height ? pixelsOf(size, box, getComputedStyle(image).objectFit) : undefined;
  }

  function draw(current: Job): Promise<void> | undefined {
    const { picture, size, path } = current;
    const drawing: Drawing = {
      picture,
      size,
      // Only where it is asked for: it costs as much as drawing small pictures.
      get shown() {
        return pixelsOfNow(size);
      },
    };
    if (path) current.path = path === 'image' ? 'canvas' : 'image';
    else current.path = refusing.has(image.ownerDocument) ? 'canvas' : choosePath(drawing);
    if (current.path === 'canvas') return drawOnCanvas(current, drawing);
    loadImage(current);
    return undefined;
  }

  async function drawOnCanvas(current: Job, drawing: Drawing): Promise<void> {
    const said = current.size;
    const decoded = await decode(drawing).catch(() => undefined);
    if (current !== job) return;
    if (!decoded) {
      failed(current);
      return;
    }
    if (current.isLastTry) refusing.add(image.ownerDocument);
    put(decoded);
    image.removeAttribute('src');
    // Its proportions are known by now, whatever was said of them.
    current.size = said && { width: said.width, height: (said.width * decoded.height) / decoded.width };
    done(current);
    refine(current);
  }

  function loadImage(current: Job): void {
    const { bytes, type } = current.picture;
    if (!isInline(current.picture)) current.url = URL.createObjectURL(new Blob([bytes], { type }));
    // Of what was to be seen before, events may still come.
    image.onload = () => void loaded(current);
    image.onerror = () => {
      if (current !== job) return;
      if (current.leave) failed(current);
      // It was there: in the document that it was moved to it is asked for again, by a URL that leads nowhere by now.
      else drawAnew(current);
    };
    image.src = current.url ?? `data:${type};base64,${btoa(String.fromCharCode(...bytes))}`;
  }

  async function loaded(current: Job): Promise<void> {
    // What it takes the place of goes when there is something to see.
    if (canvas) await image.decode().catch(() => {});
    if (current !== job) return;
    put(undefined);
    done(current);
  }

  function done(current: Job): void {
    release(current);
    if (current.isTold) return;
    current.isTold = true;
    tell('load');
  }

  function failed(current: Job): void {
    release(current);
    image.removeAttribute('src');
    if (current.isLastTry) {
      put(undefined);
      tell('error');
      return;
    }
    current.isLastTry = true;
    begin(current);
  }

  /** Draws it anew where it has too few pixels by now, or many more than it needs. */
  function refine(current: Job): void {
    if (current.leave || !canvas || current.path !== 'canvas') return;
    const needed = pixelsOfNow(current.size);
    if (!needed || (needed.width < canvas.width * tooFew && needed.width > canvas.width / tooMany)) return;
    drawAnew(current);
  }

  function drawAnew(current: Job): void {
    current.path = undefined;
    current.isLastTry = false;
    begin(current);
  }

  /** Nothing is under way for it any more. */
  function release(current: Job): void {
    current.leave?.();
    if (current.url) URL.revokeObjectURL(current.url);
    current.leave = current.url = undefined;
  }

  /** Over the image. Of what lay there the pixels go at once, not when they are collected. */
  function put(next: HTMLCanvasElement | undefined): void {
    if (next === canvas) return;
    if (next) {
      next.part.add('image');
      image.after(next);
    }
    if (canvas) {
      canvas.remove();
      canvas.width = 0;
    }
    canvas = next;
    fitCanvas();
  }

  function fitCanvas(): void {
    if (canvas) canvas.style.objectFit = image.style.objectFit;
  }

  return {
    image,

    /** Has the canvas the `object-fit` of the image. */
    fitCanvas,

    /** @param meanwhile - is seen while there is no picture */
    show({ picture, id, size, box: seen }: Scene, meanwhile?: HTMLCanvasElement): void {
      const isOther = id !== shownId;
      shownId = id;
      box = seen;
      if (picture === job?.picture) {
        if (job) refine(job);
        else put(meanwhile);
        return;
      }
      if (job) release(job);
      job = picture && { picture, size };
      if (job) begin(job);
      if (!job || isOther) {
        image.removeAttribute('src');
        put(meanwhile);
      }
    },
  };
}
