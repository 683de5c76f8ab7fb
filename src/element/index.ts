/** `<pixstore-image>`, for any page and framework: importing it defines the element. */
import { PixstoreImageElement } from './pixstore-image-element.js';

export type { ImageState } from '../frontend/showing/image-view.js';
/** For another name: `customElements.define('private-image', class extends PixstoreImageElement {})`. */
export { PixstoreImageElement };

const name = 'pixstore-image';
// Not on servers, nor where another copy of the package was first.
if (globalThis.customElements && !customElements.get(name)) customElements.define(name, PixstoreImageElement);
