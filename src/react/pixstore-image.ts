import {
  type ComponentPropsWithoutRef,
  type CSSProperties,
  createElement,
  forwardRef,
  type ReactNode,
  useContext,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import {
  drawPlaceholder,
  type ImageRecord,
  type ImageState,
  type PaintedElement,
  paintImage,
} from '../frontend/index.js';
import { nothingYet } from '../frontend/showing/image-view.js';
import { FrontendContext } from './frontend-context.js';

type ImgProps = ComponentPropsWithoutRef<'img'>;

/** All that an `<img>` takes, but for where its picture comes from. */
export interface PixstoreImageProps
  extends Omit<ImgProps, 'src' | 'srcSet' | 'alt' | 'sizes' | 'placeholder' | 'children'> {
  /** What the application's API gave; null or undefined while there is none. */
  record: ImageRecord | null | undefined;
  /** What the picture shows, in words; `''` where it only decorates. */
  alt: string;
  /** A plain `<img>` of the page. Default: a `<span>`, in which the picture is painted. */
  as?: 'img' | undefined;
  /** `object-fit`. */
  fit?: CSSProperties['objectFit'] | undefined;
  /** How wide the picture will be shown, in CSS pixels, where variants are to choose from. Default: it is measured. */
  sizes?: number | undefined;
  /** URL of an image that is shown until the picture is there. */
  placeholder?: string | undefined;
  /** Draws what lies over the image: while it loads, or in place of a picture that failed. */
  children?: ((state: ImageState) => ReactNode) | undefined;
  /** Handed to functions of yours, as by `getImage`. */
  context?: unknown;
}

/**
 * A private picture, with the attributes, events and ref of an element. It loads when it comes near the viewport
 * (`loading="eager"`: at once) and lets go of what is far away; room for it is kept free by the record's width and height.
 * Of a record with variants it shows the smallest that fills the element. A picture that could not be loaded has an
 * `error` event, as one that could not be decoded.
 *
 * It is a `<span>` that is painted by the fastest way of the browser, and a picture to assistive technology; the events that
 * `onLoad` and `onError` get are the browser's own. With `as="img"` it is an `<img>`, whose `src` is a Blob URL.
 *
 * `data-status` says how it stands: `loading`, `loaded` or `error`.
 *
 * Without a provider and `initPixstoreFrontend`, `FRONTEND_NOT_INITIALIZED` is an error of the page when it comes near.
 *
 * @example
 * <PixstoreImage record={photo.record} alt={photo.title} className="tile" />
 */
export const PixstoreImage = /* @__PURE__ */ forwardRef<HTMLElement, PixstoreImageProps>(
  function PixstoreImage(props, ref) {
    const { record, as, alt, fit, sizes, placeholder, children, context, loading, fetchPriority, ...others } = props;
    const { width, height, style, onLoad, onError, ...rest } = others;
    // Of one that is given alone the other follows.
    const sides = width || height ? { width, height } : { width: record?.width, height: record?.height };
    const frontend = useContext(FrontendContext);
    const element = useRef<HTMLElement>(null);
    const painted = useRef<PaintedElement>(undefined);
    const [state, setState] = useState(nothingYet);
    const isLayered = !!children;
    // biome-ignore lint/correctness/useExhaustiveDependencies: layered, or as another, it is another element
    useImperativeHandle(ref, () => element.current as HTMLElement, [isLayered, as]);

    useBrowserLayoutEffect(() => {
      if (!element.current) return;
      // What it is to show it is told below. What becomes of it draws nothing anew, unless something is drawn over it.
      const created = paintImage(element.current, null, { frontend, onState: isLayered ? setState : undefined });
      painted.current = created;
      return created.stop;
    }, [frontend, isLayered, as]);

    useBrowserLayoutEffect(() => {
      // Such events do not bubble, and React listens for them at an <img> alone.
      if (element.current) Object.assign(element.current, { onload: onLoad, onerror: onError });
      painted.current?.update(record, {
        alt,
        sizes,
        context,
        loading,
        fit: fit as string | undefined,
        priority: fetchPriority,
        placeholder: placeholder ?? drawPlaceholder,
        width: Number(width) || undefined,
        height: Number(height) || undefined,
      });
    });

    const over = children?.(state);
    const image = createElement(as ?? 'span', {
      ...(as ? { ...sides, alt } : { role: alt ? 'img' : 'presentation', 'aria-label': alt }),
      ...rest,
      ref: element,
      'data-status': 'loading',
      style: {
        ...(isLayered && layer),
        // Of a page that a server drew. It goes with the picture, and is not set again as long as it is the same.
        ...(placeholder && { background: `url("${placeholder}") center / cover` }),
        // Of an <img>: what is seen in its place says more than its text.
        ...(over && !state.src && { color: 'transparent' }),
        ...style,
      },
    });
    if (!isLayered) return image;
    return createElement('span', { style: stack }, image, over && createElement('span', { style: layer }, over));
  },
);

// One above the other: positioned as what is painted is, so that what lies over it does.
const stack: CSSProperties = { display: 'grid' };
const layer: CSSProperties = { gridArea: '1 / 1', position: 'relative' };

// On a server there is no layout, and React 18 warns of effects that wait for it.
const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;
