import type { ImageRecord } from '../../types/index.js';
import { type Place, watchPlace } from '../painting/near-viewport.js';
import { chooseRecord } from './choose-record.js';
import {
  createImageView,
  type ImageRequest,
  type ImageState,
  type ImageView,
  keyOf,
  type ObservingFrontend,
} from './image-view.js';

/** What an element shows, and how it goes about it. */
export interface ShownRequest extends Pick<ImageRequest, 'context' | 'priority' | 'isPainted'> {
  record: ImageRecord | null | undefined;
  /** How wide the picture will be shown, in CSS pixels, where variants are to choose from. Default: it is measured. */
  sizes?: number | undefined;
  /** `eager`: wherever the element is. Default: when it comes near the viewport. */
  loading?: 'eager' | 'lazy' | undefined;
}

/**
 * Shows a picture in an element of the page, for frameworks that hand out elements.
 *
 * @param draw - called with every state, the first one within `update`, and when the element is at another place
 * @param onPlace - told where that is, before
 */
export function createShownImage(
  frontend: ObservingFrontend,
  element: Element,
  draw: (state: ImageState) => void,
  onPlace?: (place: Place, chosen: ImageRecord | null | undefined) => void,
) {
  let request: ShownRequest | undefined;
  let place: Place | undefined;
  let view: ImageView | undefined;
  let leaveView: (() => void) | undefined;
  let leavePlace: (() => void) | undefined;

  function refresh(isMoved = false): void {
    if (!request) return;
    const { record, sizes } = request;
    const chosen = record && place && chooseRecord(record, place, sizes);
    if (place) onPlace?.(place, chosen);
    const wanted = { ...request, chosen, enabled: !!place?.isNear };
    if (view?.key === keyOf(wanted)) {
      if (isMoved) draw(view.getState());
      return;
    }
    const next = createImageView(frontend, wanted, view);
    const leaveFormer = leaveView;
    view = next;
    leaveView = next.subscribe(() => draw(next.getState()));
    leaveFormer?.();
    draw(next.getState());
  }

  function watch(isEager: boolean): void {
    leavePlace?.();
    leavePlace = watchPlace(element, isEager, (now) => {
      place = now;
      refresh(true);
    });
  }

  return {
    /** Shows this from now on. */
    update(next: ShownRequest): void {
      const isWatched = leavePlace && request?.loading === next.loading;
      request = next;
      if (!isWatched) watch(next.loading === 'eager');
      refresh();
    },

    /** The element leaves the page. `update` begins anew. */
    leave(): void {
      leavePlace?.();
      leaveView?.();
      leavePlace = leaveView = view = place = request = undefined;
    },
  };
}
