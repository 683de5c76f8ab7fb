import { type CSSProperties, defineComponent, h, onBeforeUnmount, type PropType, shallowRef, watch } from 'vue';
import { type ImageState, nothingYet } from '../bindings/image-view.js';
import { createShownImage } from '../bindings/shown-image.js';
import type { FetchPriority, ImageRecord } from '../frontend/index.js';
import { useFrontend } from './frontend-key.js';

/**
 * A private picture: an `<img>` with its attributes and events. It loads when it comes near the viewport
 * (`loading="eager"`: at once) and lets go of what is far away; room for it is kept free by the record's width and height.
 * Of a record with variants it shows the smallest that fills the element. A picture that could not be loaded has an
 * `error` event, as one that could not be decoded. `data-status` says how it stands.
 *
 * The default slot lies over the image; it is given `{ src, status, error, source, retry }`.
 *
 * @throws PixstoreError `FRONTEND_NOT_INITIALIZED` without the plugin and `initPixstoreFrontend`
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
    /** A plain `<img>`: what it always is today. */
    as: { type: String as PropType<'img'> },
    /** `object-fit`. */
    fit: { type: String as PropType<CSSProperties['objectFit']> },
    /** How wide the picture will be shown, in CSS pixels, where variants are to choose from. Default: it is measured. */
    sizes: { type: Number },
    loading: { type: String as PropType<'eager' | 'lazy'> },
    fetchpriority: { type: String as PropType<FetchPriority> },
    /** URL of an image that is shown until the picture is there. */
    placeholder: { type: String },
    /** Handed to functions of yours, as by `getImage`. */
    context: { type: null as unknown as PropType<unknown> },
  },
  setup(props, { attrs, slots }) {
    const frontend = useFrontend();
    const element = shallowRef<HTMLImageElement>();
    const state = shallowRef<ImageState>(nothingYet);
    let shown: ReturnType<typeof createShownImage> | undefined;

    function update(): void {
      const { record, sizes, loading, fetchpriority: priority, context } = props;
      shown?.update({ record, sizes, loading, priority, context });
    }

    // With a slot, and without, it is another element.
    watch(element, (image) => {
      shown?.leave();
      shown = image && createShownImage(frontend, image, (next) => (state.value = next));
      update();
    });
    watch(() => [props.record, props.sizes, props.loading], update, { flush: 'post' });
    watch(
      () => state.value.error,
      (error) => error && element.value?.dispatchEvent(new Event('error')),
      { flush: 'post' },
    );
    onBeforeUnmount(() => shown?.leave());

    return () => {
      const { record, alt, fit, placeholder } = props;
      const { src, status, error } = state.value;
      const over = slots.default?.(state.value);
      const image = h('img', {
        width: record?.width,
        height: record?.height,
        ...attrs,
        alt,
        ref: element,
        src,
        'data-status': status,
        style: [
          over && layer,
          { objectFit: fit },
          !src &&
            !error && {
              background: placeholder && `url("${placeholder}") center / cover`,
              color: 'transparent', // what is seen says more than the text, which screen readers have all the same
            },
          attrs.style as CSSProperties,
        ],
      });
      return over ? h('span', { style: 'display: grid' }, [image, h('span', { style: layer }, over)]) : image;
    };
  },
});

const layer = { gridArea: '1 / 1' };
