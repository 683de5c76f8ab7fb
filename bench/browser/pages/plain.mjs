import { createGallery, oneByOne } from './gallery.mjs';

// No library and no secrets: files over HTTP, and the browser's own cache.
globalThis.gallery = createGallery((/** @type {{ port: number }} */ { port }) =>
  oneByOne(async ({ id }) => {
    const response = await fetch(`http://127.0.0.1:${port}/${id}`);
    return response.blob();
  }),
);
