import { observeImage } from '../frontend/index.js';
import type { ObservingFrontend } from './image-view.js';

/** The default frontend of the page, whichever it is when it is asked. */
export const defaultFrontend: ObservingFrontend = { observe: observeImage };
