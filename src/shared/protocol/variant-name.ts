import { isDir } from './image-id.js';

/** Is this a name that a new variant may have? It is made as that of a folder is. */
export const isVariantName: (value: unknown) => value is string = isDir;
