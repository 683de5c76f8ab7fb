import { tell } from '../../shared/callbacks.js';
import type { Size } from './picture.js';

/** Where an element is that is to be loaded, and how large it is shown, in CSS pixels. */
export interface Place extends Size {
  /** So far away that it need not be decoded, since it is eager. */
  isFar: boolean;
}

// How far away is near: half a viewport, and half of what scrolls within it, where browsers know of that; the types do
// not yet.
const margins: IntersectionObserverInit & { scrollMargin: string } = { rootMargin: '50%', scrollMargin: '50%' };

/** Measures an element: what there is to tell then, if anything. */
type Look = (isInside?: boolean) => (() => void) | undefined;

const watched = new WeakMap<Element, Look>();
let newcomers: Element[] = [];
// One of each for all elements: a browser looks after one of them faster than after thousands. Made when the first
// element is watched, since servers that draw pages have neither.
let observers: (IntersectionObserver | ResizeObserver)[] | undefined;

// An image without a picture is a line of text to browsers, whatever its width and height; while it loads, Chromium draws
// its icon of a broken image before that, over any background. A gradient in place of both leaves its name to screen
// readers. Any rule of the page is stronger than these, and a policy that forbids inline styles does not forbid them.
let room: CSSStyleSheet | undefined;

/**
 * Tells where an element is: before the next frame if it is on the screen already, so that what is at hand is there in
 * that frame, and whenever it comes near, leaves, or is resized while it is near.
 *
 * @param isEager - it is near wherever it is
 * @param onPlace - told undefined when it is not near any more
 * @returns ends it
 */
export function watchPlace(
  element: HTMLElement,
  isEager: boolean,
  onPlace: (place: Place | undefined) => void,
): () => void {
  let place: Place | undefined;

  function look(isInside = place?.isFar === false): (() => void) | undefined {
    const seen = element.getBoundingClientRect();
    // A transform may make it small for a moment, and nobody tells when it ends.
    const width = Math.max(seen.width, element.offsetWidth);
    const height = Math.max(seen.height, element.offsetHeight);
    const next = isEager || isInside ? { isFar: !isInside, width, height } : undefined;
    if (JSON.stringify(next) === JSON.stringify(place)) return undefined;
    place = next;
    return () => watched.get(element) === look && onPlace(next);
  }

  watched.set(element, look);
  if (newcomers.push(element) === 1) queueMicrotask(meetNewcomers);
  return () => {
    watched.delete(element);
    for (const observer of observers ?? []) observer.unobserve(element);
  };
}

function meetNewcomers(): void {
  const met = newcomers;
  newcomers = [];
  keepRoomForImages();
  observers ??= [new IntersectionObserver(lookAt, margins), new ResizeObserver(lookAt)];
  lookAt(met.map((target) => ({ target, isIntersecting: isOnScreen(target) })));
  for (const element of met) {
    if (watched.has(element)) for (const observer of observers) observer.observe(element);
  }
}

/**
 * All are measured before one is told of: what is drawn then would have every other one laid out anew. What fails for one
 * is an error of the page, and no matter of the others.
 */
function lookAt(entries: { target: Element; isIntersecting?: boolean }[]): void {
  const news = entries.map(({ target, isIntersecting }) => watched.get(target)?.(isIntersecting));
  for (const told of news) if (told) tell(told, reportError);
}

function keepRoomForImages(): void {
  if (room) return;
  room = new CSSStyleSheet();
  room.replaceSync(
    ':where(img[data-status=loading]:not([src])){content:linear-gradient(#0000 0 0);color:#0000}' +
      ':where(img[data-status]:not([src])){display:inline-block;overflow:hidden}',
  );
  document.adoptedStyleSheets.push(room);
}

function isOnScreen(element: Element): boolean {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}
