import { Router } from 'express';
import sharp from 'sharp';
import type { RotationAnswer } from '../answers.js';
import type { GalleryStore } from './gallery-store.js';

/** What the page's buttons ask of the server, so that things go wrong, or change. No application has these. */
export function whatIf(store: GalleryStore): Router {
  const router = Router();

  router.post('/expire-proofs', (_request, response) => {
    store.expireProofs();
    response.status(204).end();
  });

  router.post('/rotate-master-key', async (_request, response) => {
    const milliseconds = await store.rotateMasterKey();
    const { images } = await store.backend.stats();
    response.json({ milliseconds, pictures: images } satisfies RotationAnswer);
  });

  /** Another version of a picture: in other colours. */
  router.post('/recolour/:id', async (request, response) => {
    const { id } = request.params;
    const picture = await store.backend.readImage(id);
    if (!picture) return response.status(404).end();
    await store.backend.updateImage(id, await sharp(picture.bytes).rotate().negate({ alpha: false }).toBuffer());
    response.status(204).end();
  });

  return router;
}
