import { deleteCachedImage, initPixstoreFrontend } from 'pixstore/frontend';
import type { GalleryAnswer } from '../answers.js';
import { find } from './dom.js';

// A second tab of the gallery, which replaces one picture.

const id = new URLSearchParams(location.search).get('id') ?? '';
const { endpoint }: GalleryAnswer = await (await fetch('/api/images')).json();
initPixstoreFrontend({ defaultEndpointConnectHost: endpoint.host, defaultEndpointConnectPort: endpoint.port });

await fetch(`/api/what-if/recolour/${encodeURIComponent(id)}`, { method: 'POST' });
// Whoever shows it, in any tab, asks anew, and gets the new version although the record is of the old one.
await deleteCachedImage(id);

find(HTMLElement, 'p').textContent = 'Done: look at the first tab. This one closes.';
setTimeout(close, 1500);
