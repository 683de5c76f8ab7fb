import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, Entry } from './catalogue.js';
import type { GalleryStore } from './gallery-store.js';
import { makeVariation, openPhoto } from './variations.js';

interface Caption extends Omit<Entry, 'id'> {
  file: string;
  /** It has no up and down: it may be turned. */
  canTurn?: boolean;
}

export interface Samples {
  /** Folder of the photos, with their captions.json. */
  folder: string;
  catalogue: Catalogue;
  store: GalleryStore;
}

const atOnce = 20;

const captionsOf = (folder: string): Caption[] => JSON.parse(readFileSync(join(folder, 'captions.json'), 'utf8'));

/** Fills a new gallery with the photos of a folder, in the order of their captions. */
export async function addPhotos({ folder, catalogue, store }: Samples): Promise<void> {
  const saving = captionsOf(folder).map(async ({ file, title, alt }, sample) => {
    const { id } = await store.backend.saveImageFromFile(join(folder, file), 'gallery');
    return { id, title, alt, sample };
  });
  catalogue.add(...(await Promise.all(saving)));
}

/** Goes on with variations of the photos until there are so many samples, or until `signal` says that it is enough. */
export async function addVariations({ folder, catalogue, store }: Samples, count: number, signal: AbortSignal) {
  const captions = captionsOf(folder);
  const photos = captions.map(({ file, canTurn }) => openPhoto(join(folder, file), canTurn === true));

  async function make(sample: number): Promise<Entry[]> {
    const number = Math.floor(sample / captions.length) + 1;
    const index = (sample + 3 * number) % captions.length; // so that no photo has a column of its own
    const [caption, photo] = [captions[index], photos[index]];
    if (!caption || !photo) return [];
    const { id } = await store.backend.saveImage(await makeVariation(await photo, sample), 'gallery');
    return [{ id, title: `${caption.title} ${number}`, alt: `${caption.alt} (${number})`, sample }];
  }

  for (let next = catalogue.nextSample; next < count && !signal.aborted; next = catalogue.nextSample) {
    const numbers = Array.from({ length: Math.min(atOnce, count - next) }, (_, index) => next + index);
    const leave = await store.enter();
    catalogue.append(...(await Promise.all(numbers.map(make)).finally(leave)).flat());
  }
}
