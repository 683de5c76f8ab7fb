import { useContext, useState, useSyncExternalStore } from 'react';
import {
  createImageView,
  type ImageRequest,
  type ImageState,
  type ImageView,
  keyOf,
  nothingYet,
} from '../frontend/showing/image-view.js';
import { FrontendContext } from './frontend-context.js';

/** How a picture stands, and the view of it: the same one for as long as a component asks for the same. */
export function useImageView(request: ImageRequest, make = createImageView): [ImageState, ImageView] {
  const frontend = useContext(FrontendContext);
  const [held, hold] = useState(() => make(frontend, request));
  let view = held;
  if (held.frontend !== frontend || held.key !== keyOf(request)) {
    // Set while drawing, as React has it for what follows from properties: a drawing that is thrown away keeps neither.
    view = make(frontend, request, held);
    hold(view);
  }
  return [useSyncExternalStore(view.subscribe, view.getState, () => nothingYet), view];
}
