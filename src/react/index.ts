/** Private images in React 18 and 19. Importing it does nothing; servers may draw pages with it. */
export type { ImageState } from '../frontend/showing/image-view.js';
export { PixstoreProvider, type PixstoreProviderProps } from './frontend-context.js';
export { PixstoreImage, type PixstoreImageProps } from './pixstore-image.js';
export { type UsePixstoreImageOptions, usePixstoreImage } from './use-pixstore-image.js';
export { usePixstoreImageSuspense } from './use-pixstore-image-suspense.js';
