import {
  type ComponentPropsWithoutRef,
  type CSSProperties,
  createElement,
  forwardRef,
  type ReactNode,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { chooseRecord } from '../bindings/choose-record.js';
import type { ImageState } from '../bindings/image-view.js';
import { type Place, watchPlace } from '../bindings/near-viewport.js';
import type { ImageRecord } from '../frontend/index.js';
import { useImageView } from './use-image-view.js';

type ImgProps = ComponentPropsWithoutRef<'img'>;

/** All that an `<img>` takes, but for where its picture comes from. */
export interface PixstoreImageProps
  extends Omit<ImgProps, 'src' | 'srcSet' | 'alt' | 'sizes' | 'placeholder' | 'children'> {
  /** What the application's API gave; null or undefined while there is none. */
  record: ImageRecord | null | undefined;
  /** What the picture shows, in words; `''` where it only decorates. */
  alt: string;
  /** A plain `<img>`: what it always is today. */
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
 * A private picture: an `<img>` with its attributes, events and ref. It loads when it comes near the viewport
 * (`loading="eager"`: at once) and lets go of what is far away; room for it is kept free by the record's width and height.
 * Of a record with variants it shows the smallest that fills the element. A picture that could not be loaded has an
 * `error` event, as one that could not be decoded.
 *
 * `data-status` says how it stands: `loading`, `loaded` or `error`.
 *
 * @throws PixstoreError `FRONTEND_NOT_INITIALIZED` without a provider and `initPixstoreFrontend`
 *
 * @example
 * <PixstoreImage record={photo.record} alt={photo.title} className="tile" />
 */
export const PixstoreImage = /* @__PURE__ */ forwardRef<HTMLImageElement, PixstoreImageProps>(
  function PixstoreImage(props, ref) {
    const { record, as, fit, sizes, placeholder, children, context, loading, fetchPriority, style, ...rest } = props;
    const element = useRef<HTMLImageElement>(null);
    const isLayered = !!children;
    // biome-ignore lint/correctness/useExhaustiveDependencies: layered, it is another element
    useImperativeHandle(ref, () => element.current as HTMLImageElement, [isLayered]);
    const place = usePlace(element, loading === 'eager', isLayered);
    const [state] = useImageView({
      record,
      chosen: record && place && chooseRecord(record, place, sizes),
      enabled: !!place?.isNear,
      priority: fetchPriority,
      context,
    });
    const { src, status, error } = state;

    useEffect(() => {
      if (error) element.current?.dispatchEvent(new Event('error'));
    }, [error]);

    const over = children?.(state);
    const image = createElement('img', {
      width: record?.width,
      height: record?.height,
      ...rest,
      ref: element,
      src,
      'data-status': status,
      style: {
        ...(isLayered && layer),
        objectFit: fit,
        ...(!src && !error && placeholder && { background: `url("${placeholder}") center / cover` }),
        // What is seen in its place says more than its text; screen readers have that all the same.
        ...(!src && (over || !error) && { color: 'transparent' }),
        ...style,
      },
    });
    if (!isLayered) return image;
    return createElement('span', { style: stack }, image, over && createElement('span', { style: layer }, over));
  },
);

// One above the other.
const stack: CSSProperties = { display: 'grid' };
const layer: CSSProperties = { gridArea: '1 / 1' };

// On a server there is no layout, and React 18 warns of effects that wait for it.
const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;

/** Where an element is, from the first frame on. @param kind - with another, the element is another */
function usePlace(element: RefObject<HTMLImageElement | null>, isEager: boolean, kind: unknown): Place | undefined {
  const [place, setPlace] = useState<Place>();
  useBrowserLayoutEffect(() => {
    if (element.current) return watchPlace(element.current, isEager, setPlace);
  }, [element, isEager, kind]);
  return place;
}
