import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PixstoreBackend } from 'pixstore/backend';
import type { Catalogue, Entry } from './catalogue.js';

/** Fills a new gallery with the photos of a folder, in the order of its captions.json. */
export async function addSamplePhotos(folder: string, backend: PixstoreBackend, catalogue: Catalogue): Promise<void> {
  const captions: (Omit<Entry, 'id'> & { file: string })[] = JSON.parse(
    readFileSync(join(folder, 'captions.json'), 'utf8'),
  );
  const saving = captions.map(async ({ file, title, alt }) => {
    const record = await backend.saveImageFromFile(join(folder, file), 'gallery');
    return record ? [{ id: record.id, title, alt }] : [];
  });
  catalogue.add(...(await Promise.all(saving)).flat());
}
