import 'pixstore/element';
import { initPixstoreFrontend } from 'pixstore/frontend';
import type { ImageRecord } from 'pixstore/types';
import type { ComparisonAnswer } from '../answers.js';
import type { VisitResult } from './compare.js';
import { find, nextFrames } from './dom.js';

// One side of the comparison: as many pictures as are in view, and how long it took until all were drawn.

const tile = 58; // CSS pixels, with its gap; style.css has the same
const query = new URLSearchParams(location.search);
const kind = query.get('kind') as VisitResult['kind'];
const visit = Number(query.get('visit'));
const place = find(HTMLElement, '#pictures');

const count = Math.floor(innerWidth / tile) * Math.floor(innerHeight / tile);
const { endpoint, pictures }: ComparisonAnswer = await (await fetch(`/api/comparison?count=${count}`)).json();

const started = performance.now();
if (kind === 'pixstore') {
  initPixstoreFrontend({ defaultEndpointConnectHost: endpoint.host, defaultEndpointConnectPort: endpoint.port });
}
const elements = pictures.map(({ record, plain }) => (kind === 'pixstore' ? encrypted(record) : unprotected(plain)));
const loads = elements.map(
  (element) =>
    new Promise<boolean>((resolve) => {
      element.onload = () => resolve(true);
      element.onerror = () => resolve(false);
    }),
);
place.append(...elements);
const failed = (await Promise.all(loads)).filter((isThere) => !isThere).length;
await nextFrames();
const milliseconds = performance.now() - started;
parent.postMessage(
  { kind, visit, count: pictures.length, failed, milliseconds } satisfies VisitResult,
  location.origin,
);

function encrypted(record: ImageRecord): HTMLElement {
  const image = document.createElement('pixstore-image');
  image.record = record;
  image.setAttribute('alt', '');
  image.setAttribute('fit', 'cover');
  image.setAttribute('loading', 'eager');
  return image;
}

function unprotected(path: string): HTMLElement {
  const image = document.createElement('img');
  image.src = `/plain/${visit}/${path}`;
  image.alt = '';
  return image;
}
