import { computed, type MaybeRefOrGetter, onScopeDispose, shallowRef, toValue, watch } from 'vue';
import type { ImageRecord } from '../frontend/index.js';
import {
  createImageView,
  type ImageRequest,
  type ImageView,
  keyOf,
  nothingYet,
} from '../frontend/showing/image-view.js';
import { useFrontend } from './frontend-key.js';

export interface UsePixstoreImageOptions extends Pick<ImageRequest, 'context' | 'priority'> {
  /** False waits, asks for nothing and holds nothing: for what is not to be seen yet. Default true. */
  enabled?: boolean | undefined;
}

/**
 * One picture, for a component that draws it as it likes. It is loaded while the component is there, aborted when it
 * leaves, and has one URL however many show it; after a logout, in any tab, it is an error with the code `CACHE_CLEARED`.
 * A record with a newer token keeps the old picture in `src` until the new one is there. On a server it is `loading`.
 * Without the plugin and `initPixstoreFrontend`, `FRONTEND_NOT_INITIALIZED` is for `app.config.errorHandler`; all else is
 * in `error`.
 *
 * @param record - null or undefined while the application has none: `loading`, with nothing asked for
 *
 * @example
 * const { src, error, retry } = usePixstoreImage(() => props.photo.record);
 */
export function usePixstoreImage(
  record: MaybeRefOrGetter<ImageRecord | null | undefined>,
  options: MaybeRefOrGetter<UsePixstoreImageOptions> = {},
) {
  const frontend = useFrontend();
  const state = shallowRef(nothingYet);
  let view: ImageView | undefined;
  let leave: (() => void) | undefined;

  function show(request: ImageRequest): void {
    if (view?.key === keyOf(request)) return;
    const next = createImageView(frontend, request, view);
    const draw = () => {
      state.value = next.getState();
    };
    // Throws where the page has no frontend yet: then it is begun anew by what is asked for next.
    const leaveNext = next.subscribe(draw);
    leave?.();
    leave = leaveNext;
    view = next;
    draw();
  }

  if (typeof document !== 'undefined') {
    watch(() => ({ ...toValue(options), record: toValue(record) }), show, { immediate: true });
    onScopeDispose(() => leave?.());
  }
  return {
    src: computed(() => state.value.src),
    status: computed(() => state.value.status),
    error: computed(() => state.value.error),
    source: computed(() => state.value.source),
    /** Begins anew after an error; otherwise it does nothing. */
    retry: () => state.value.retry(),
  };
}
