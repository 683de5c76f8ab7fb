/** Private images in Vue 3. Importing it does nothing; servers may draw pages with it. */
export type { ImageState } from '../frontend/showing/image-view.js';
export { pixstoreVue } from './frontend-key.js';
export { PixstoreImage } from './pixstore-image.js';
export { type UsePixstoreImageOptions, usePixstoreImage } from './use-pixstore-image.js';
