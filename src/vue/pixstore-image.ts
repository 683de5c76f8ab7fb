import { type CSSProperties, defineComponent, h, onBeforeUnmount, type PropType, shallowRef, watch } from 'vue';
import {
  drawPlaceholder,
  type FetchPriority,
  type ImageRecord,
  type ImageState,
  type PaintedElement,
  type PaintOptions,
  paintImage,
} from '../frontend/index.js';
import { nothingYet } from '../frontend/showing/image-view.js';
import { useFrontend } from './frontend-key.js';

/**
 * A private picture, with the attributes and events of an element. It loads when it comes near the viewport
 * (`loading="eager"`: at once) and lets go of what is far away; room for it is kept free by the record's width and height.
 * Of a record with variants it shows the smallest that fills the element. A picture that could not be loaded has an
 * `error` event, as one that could not be decoded. `data-status` says how it stands.
 *
 * It is a `<span>` that is painted by the fastest way of the browser, and a picture to assistive technology; with `as="img"`
 * it is an `<img>`, whose `src` is a Blob URL. The default slot lies over it; it is given
 * `{ src, status, error, source, retry }`.
 *
 * Without the plugin and `initPixstoreFrontend`, `FRONTEND_NOT_INITIALIZED` is an error of the page when it comes near.
 *
 * @example
 * <PixstoreImage :record="photo.record" :alt="photo.title" class="tile" />
 */
export const PixstoreImage = /* @__PURE__ */ defineComponent({
  name: 'PixstoreImage',
  inheritAttrs: false,
  props: {
    /** What the application's API gave; null or undefined while there is none. */
    record: { type: Object as PropType<ImageRecord | null> },
    /** What the picture shows, in words; `''` where it only decorates. */
    alt: { type: String, required: true },
    /** A plain `<img>` of the page. Default: a `<span>`, in which the picture is painted. */
    as: { type: String as PropType<'img'> },
    /** `object-fit`. */
    fit: { type: String as PropType<CSSProperties['objectFit']> },
    /** How wide the picture will be shown, in CSS pixels, where variants are to choose from. Default: it is measured. */
    sizes: { type: Number },
    loading: { type: String as PropType<'eager' | 'lazy'> },
    fetchpriority: { type: String as PropType<FetchPriority> },
    /** URL of an image that is shown until the picture is there. Default: the placeholder of the record. */
    placeholder: { type: String },
    /** Handed to functions of yours, as by `getImage`. */
    context: { type: null as unknown as PropType<unknown> },
  },
  setup(props, { attrs, slots }) {
    const frontend = useFrontend();
    const element = shallowRef<HTMLElement>();
    const state = shallowRef<ImageState>(nothingYet);
    const onState = (next: ImageState) => {
      state.value = next;
    };
    let painted: PaintedElement | undefined;

    const optionsOf = (): PaintOptions => ({
      ...(props as Omit<typeof props, 'fit' | 'as'>),
      fit: props.fit as string | undefined,
      priority: props.fetchpriority,
      placeholder: props.placeholder ?? drawPlaceholder,
      width: Number(attrs.width) || undefined,
      height: Number(attrs.height) || undefined,
    });

    // With a slot and without, and by what it is shown, it is another element.
    watch(element, (host) => {
      painted?.stop();
      painted = host && paintImage(host, props.record, { ...optionsOf(), frontend, onState });
    });
    watch(optionsOf, (options) => painted?.update(props.record, options), { flush: 'post' });
    onBeforeUnmount(() => painted?.stop());

    return () => {
      const { record, alt, as } = props;
      // What becomes of the picture draws nothing anew, unless something is drawn over it.
      const over = slots.default?.(state.value);
      const { width, height, style, ...rest } = attrs;
      // Of one that is given alone the other follows.
      const sides = width || height ? { width, height } : { width: record?.width, height: record?.height };
      const own = as ? { ...sides, alt } : { role: alt ? 'img' : 'presentation', 'aria-label': alt };
      const image = h(as ?? 'span', {
        ...own,
        ...rest,
        ref: element,
        'data-status': 'loading',
        style: [over && layer, style as CSSProperties],
      });
      return over ? h('span', { style: 'display: grid' }, [image, h('span', { style: layer }, over)]) : image;
    };
  },
});

// Positioned as what is painted is, so that what lies over it does.
const layer: CSSProperties = { gridArea: '1 / 1', position: 'relative' };
