import { choosePath, isInline, mayGain, type Path, pixelsOf } from './choose-path.js';
import { decode } from './decode.js';
import { paintInTurn } from './paint-queue.js';
import type { EncodedPicture, Size } from './picture.js';

/** What is to be seen, and where. */
export interface Scene {
  /** Drawn anew when it is another object. Undefined takes away what is there. */
  picture: EncodedPicture | undefined;
  /** Pixels of the picture, upright. */
  size: Size | undefined;
  /** CSS pixels of the element; undefined where it is far from the viewport, or is to have an `<img>`. */
  box: Size | undefined;
  /** Is seen while there is no picture. */
  meanwhile: HTMLCanvasElement | undefined;
}

/** A picture on its way to the screen, or there. */
interface Job {
  picture: EncodedPicture;
  size: Size | undefined;
  /** Waits for its turn, or is under way: forgets it, where it waits. */
  leave: (() => void) | undefined;
  /** That it is tried by; the last one showed it. */
  tried: Path[];
  /** Of the Blob that the `<img>` loads. */
  url?: string;
  isTold?: boolean;
}

// A canvas stays as it is until it has so many times too few pixels, or too many: by side.
const [tooFew, tooMany] = [1.1, 2];

// The page's content security policy lets no `<img>` have such pictures; canvases it has no say in.
let areImagesRefused = false;

/**
 * Draws pictures into a shadow root: by an `<img>`, or by a canvas over it. What was there stays until the next one is.
 *
 * @param tell - of the end of each picture: it is on the screen, or cannot be decoded
 */
export function createSurface(root: ShadowRoot, tell: (event: 'load' | 'error') => void) {
  const image = document.createElement('img');
  let box: Size | undefined;
  let job: Job | undefined;
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
    return size && box && pixelsOf(size, box, getComputedStyle(image).objectFit);
  }

  function draw(current: Job): Promise<void> | undefined {
    const { picture, size, tried } = current;
    // Not asked of others: it costs as much as drawing them.
    const isMeasured = areImagesRefused || tried.length > 0 || mayGain({ picture, size });
    const shown = isMeasured ? pixelsOfNow(size) : undefined;
    const path = areImagesRefused ? 'canvas' : choosePath({ picture, size, shown });
    tried.push(tried[0] === path ? otherThan(path) : path);
    if (tried.at(-1) === 'canvas') return drawOnCanvas(current, shown);
    loadImage(current);
    return undefined;
  }

  async function drawOnCanvas(current: Job, shown: Size | undefined): Promise<void> {
    const { picture, size: said } = current;
    const decoded = await decode({ picture, size: said, shown }).catch(() => undefined);
    if (current !== job) return;
    if (!decoded) {
      failed(current);
      return;
    }
    if (current.tried[0] === 'image') areImagesRefused = true;
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
    image.onerror = () => current === job && failed(current);
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
    if (current.tried.length < 2) {
      begin(current);
      return;
    }
    put(undefined);
    tell('error');
  }

  /** Draws it anew where it has too few pixels by now, or many more than it needs. */
  function refine(current: Job): void {
    if (current.leave || !canvas || current.tried.at(-1) !== 'canvas') return;
    const needed = pixelsOfNow(current.size);
    if (!needed || (needed.width < canvas.width * tooFew && needed.width > canvas.width / tooMany)) return;
    current.tried = [];
    begin(current);
  }

  /** Nothing is under way for it any more. */
  function release(current: Job): void {
    current.leave?.();
    current.leave = undefined;
    if (current.url) URL.revokeObjectURL(current.url);
    delete current.url;
  }

  /** Over the image. Of what lay there the pixels go at once, not when they are collected. */
  function put(next: HTMLCanvasElement | undefined): void {
    if (next === canvas) return;
    next?.part.add('image');
    if (next) image.after(next);
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

    show({ picture, size, box: seen, meanwhile }: Scene): void {
      box = seen && seen.width * seen.height > 0 ? seen : undefined;
      if (picture === job?.picture) {
        if (job) refine(job);
        else put(meanwhile);
        return;
      }
      if (job) release(job);
      job = picture && { picture, size, leave: undefined, tried: [] };
      if (job) begin(job);
      else {
        image.removeAttribute('src');
        put(meanwhile);
      }
    },
  };
}

const otherThan = (path: Path): Path => (path === 'image' ? 'canvas' : 'image');
