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

const watched = new WeakMap<Element, (isInside?: boolean) => void>();
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
 * Tells where an element is: at once if it is on the screen already, so that what is at hand is there in the first
 * frame, and whenever it comes near, leaves, or is resized while it is near.
 *
 * @param isEager - it is near wherever it is
 * @returns ends it
 */
export function watchPlace(element: Element, isEager: boolean, tell: (place: Place) => void): () => void {
  let last = nowhere;
  if (!room) {
    room = new CSSStyleSheet();
    room.replaceSync(
      ':where(img[data-status=loading]:not([src])){content:linear-gradient(#0000 0 0);color:#0000}' +
        ':where(img[data-status]:not([src])){display:inline-block;overflow:hidden}',
    );
    document.adoptedStyleSheets.push(room);
  }
  observers ??= [
    new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
    }, margins),
    new ResizeObserver((entries) => {
      for (const { target } of entries) watched.get(target)?.();
    }),
  ];

  function look(isInside = !last.isFar): void {
    const { width, height } = element.getBoundingClientRect();
    const place = isEager || isInside ? { isNear: true, isFar: !isInside, width, height } : nowhere;
    const isSame = place.isNear === last.isNear && place.isFar === last.isFar;
    if (isSame && place.width === last.width && place.height === last.height) return;
    last = place;
    tell(place);
  }

  look(isOnScreen(element));
  watched.set(element, look);
  for (const observer of observers) observer.observe(element);
  return () => {
    watched.delete(element);
    for (const observer of observers ?? []) observer.unobserve(element);
  };
}

function isOnScreen(element: Element): boolean {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
}
