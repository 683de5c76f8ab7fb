import { Router } from 'express';
import type { ComparisonAnswer } from '../answers.js';
import type { Catalogue } from './catalogue.js';
import type { GalleryStore } from './gallery-store.js';

/** The same pictures for both sides: as records, and as plain files that anybody can load and every cache keeps. */
export function comparison(store: GalleryStore, catalogue: Catalogue, endpoint: ComparisonAnswer['endpoint']): Router {
  const router = Router();
  // In memory, so that nothing of theirs lies on the disk, and no time goes into decrypting them.
  const plain = new Map<string, { bytes: Uint8Array; format: string }>();

  router.get('/api/comparison', async (request, response) => {
    const ids = catalogue
      .list()
      .slice(0, Number(request.query.count))
      .map(({ id }) => `${id}.tile`);
    const { backend } = store;
    const records = (await backend.getImageRecords(ids)).filter((record) => record !== null);
    for (const { id } of records) {
      if (plain.has(id)) continue;
      const picture = await backend.readImage(id.replace('.tile', ''), { variant: 'tile' });
      if (picture) plain.set(id, picture);
    }
    const pictures = records.map((record) => ({ record, plain: encodeURIComponent(record.id) }));
    response.json({ endpoint, pictures } satisfies ComparisonAnswer);
  });

  // A visit of its own is a URL of its own, which no cache has.
  router.get('/plain/:visit/:id', (request, response, next) => {
    const picture = plain.get(request.params.id);
    if (!picture) return next();
    response.set('Cache-Control', 'public, max-age=31536000, immutable').type(picture.format);
    response.send(Buffer.from(picture.bytes));
  });

  return router;
}
