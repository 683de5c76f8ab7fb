import type { ImageRecord } from '../frontend/index.js';
import { createImageView, type ImageState, type ImageView, keyOf, nothingYet } from '../frontend/showing/image-view.js';
import { useImageView } from './use-image-view.js';
import type { UsePixstoreImageOptions } from './use-pixstore-image.js';

/**
 * `usePixstoreImage` for `<Suspense>`: the component is drawn when the picture is there, and what went wrong is thrown to
 * the nearest error boundary.
 *
 * @returns with `src`, but for a server, a page that hydrates, and where there is nothing to wait for: no record, or not
 * `enabled`
 * @throws PixstoreError as `getImage` does, while drawing
 *
 * @example
 * const Photo = ({ record }: { record: ImageRecord }) => <img src={usePixstoreImageSuspense(record).src} alt="A cat" />;
 */
export function usePixstoreImageSuspense(
  record: ImageRecord | null | undefined,
  options?: UsePixstoreImageOptions,
): ImageState {
  const [state, view] = useImageView({ ...options, record }, make);
  if (state.error) throw state.error;
  if (!state.src && state !== nothingYet) throw waitFor(view);
  return state;
}

/** A view whose component waits for it, and so is not there yet: React keeps nothing for it until then. */
interface Awaited {
  view: ImageView;
  /** Resolves when there is something to draw, also when that is an error. */
  promise: Promise<void>;
}

// Milliseconds until a component that waited is drawn, or never will be.
const patience = 2_000;

// By key of the view.
const awaited = new Map<string, Awaited>();

const make: typeof createImageView = (frontend, request, former) => {
  const { view } = awaited.get(keyOf(request)) ?? {};
  return view?.frontend === frontend ? view : createImageView(frontend, request, former);
};

function waitFor(view: ImageView): Promise<void> {
  const found = awaited.get(view.key);
  if (found?.view === view) return found.promise;
  const promise = new Promise<void>((resolve) => {
    const leave = view.subscribe(() => {
      if (view.getState().status === 'loading') return;
      resolve();
      setTimeout(() => {
        awaited.delete(view.key);
        leave();
      }, patience);
    });
  });
  awaited.set(view.key, { view, promise });
  return promise;
}
