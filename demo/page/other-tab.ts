import { getImage, initPixstoreFrontend } from 'pixstore/frontend';
import type { GalleryAnswer, Picture } from '../answers.js';
import { find } from './dom.js';

// A second tab of the gallery, which replaces one picture and looks at it. The first one is told by pixstore.

const id = encodeURIComponent(new URLSearchParams(location.search).get('id') ?? '');
const { endpoint }: GalleryAnswer = await (await fetch('/api/images')).json();
initPixstoreFrontend({ defaultEndpointConnectHost: endpoint.host, defaultEndpointConnectPort: endpoint.port });

await fetch(`/api/what-if/recolour/${id}`, { method: 'POST' });
const { record }: Picture = await (await fetch(`/api/images/${id}`)).json();
await getImage(record.variants?.tile ?? record);

find(HTMLElement, 'p').textContent = 'Done: look at the first tab. This one closes.';
setTimeout(() => close(), 1500);
