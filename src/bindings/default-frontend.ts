import { observeImage, observeImageBytes } from '../frontend/index.js';
import type { ObservingFrontend } from '../frontend/showing/image-view.js';

/** The default frontend of the page, whichever it is when it is asked. */
export const defaultFrontend: ObservingFrontend = { observe: observeImage, observeBytes: observeImageBytes };
