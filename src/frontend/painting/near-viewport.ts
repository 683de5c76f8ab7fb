import { tell } from '../../shared/callbacks.js';
import type { Size } from './picture.js';

/** Where an element is, and how large it is shown, in CSS pixels. */
export interface Place extends Size {
  /** Near enough to be loaded. */
  isNear: boolean;
  /** So far away that it need not be decoded: only what is eager is near all the same. */
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

// What is far away is told of without its size.
const nowhere: Place = { isNear: false, isFar: true, width: 0, height: 0 };

/**
 * Tells where an element is: before the next frame if it is on the screen already, so that what is at hand is there in
 * that frame, and whenever it comes near, leaves, or is resized while it is near.
 *
 * @param isEager - it is near wherever it is
 * @returns ends it
 */
export function watchPlace(element: Element, isEager: boolean, onPlace: (place: Place) => void): () => void {
  let last = nowhere;

  function look(isInside = !last.isFar): (() => void) | undefined {
    const { width, height } = element.getBoundingClientRect();
    const place = isEager || isInside ? { isNear: true, isFar: !isInside, width, height } : nowhere;
    const isSame = place.isNear === last.isNear && place.isFar === last.isFar;
    if (isSame && place.width === last.width && place.height === last.height) return undefined;
    last = place;
    return () => watched.get(element) === look && onPlace(place);
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
