import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import express, { type Request } from 'express';
import type { GalleryAnswer, Picture, StoredAnswer } from '../answers.js';
import { Catalogue, type Entry } from './catalogue.js';
import { comparison } from './comparison.js';
import { GalleryStore } from './gallery-store.js';
import { ApiError, answerErrors, onlyThisPage } from './http.js';
import { addPhotos, addVariations } from './sample-photos.js';
import { whatIf } from './what-if.js';

export interface DemoOptions {
  /** Port of the page and its API. */
  port: number;
  /** Port of pixstore's default endpoint, which serves the encrypted pictures. */
  endpointPort: number;
  /** Folder that keeps the pictures. */
  dataDir: string;
  /** Folder of the photos that a new gallery starts with. */
  photosDir: string;
  /** How many pictures are made of them, by and by. */
  pictures: number;
  /** Folder of the built page. */
  pageDir: string;
}

const withTiles = { variants: true, placeholder: true };

/** Starts the gallery: an ordinary Express app that leaves its pictures to pixstore. */
export async function startDemo({ port, endpointPort, dataDir, photosDir, pictures, pageDir }: DemoOptions) {
  const host = '127.0.0.1';
  const origins = [`http://${host}:${port}`, `http://localhost:${port}`];
  const endpoint = { host, port: endpointPort };

  const store = new GalleryStore({ dataDir, host, endpointPort, origins });
  await store.backend.ready;
  const catalogue = new Catalogue(join(dataDir, 'gallery.json'));
  const samples = { folder: photosDir, catalogue, store };
  if (catalogue.isNew) await addPhotos(samples);
  // A gallery that an earlier version of this demo has made has no tiles yet.
  else for await (const { error } of store.backend.rebuild({ dir: 'gallery' })) if (error) console.warn(error.message);

  // The rest is made while somebody looks at the first ones already.
  const enough = new AbortController();
  let isGrowing = true;
  const growing = addVariations(samples, pictures, enough.signal)
    .catch((error) => enough.signal.aborted || console.error(error))
    .finally(() => (isGrowing = false));

  const app = express();
  app.disable('x-powered-by');
  app.use(onlyThisPage(origins, `http://${host}:${endpointPort}`));
  app.use(express.static(pageDir));
  // Records carry keys: no cache on the way may keep them.
  app.use('/api', (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/api/what-if', whatIf(store));
  app.use(async (_request, response, next) => {
    response.once('close', await store.enter());
    next();
  });
  app.use(comparison(store, catalogue, endpoint));
  const imageBody = express.raw({ type: () => true, limit: '50mb' });

  app.get('/api/images', async (_request, response) => {
    const entries = catalogue.list();
    const records = await store.backend.getImageRecords(
      entries.map((entry) => entry.id),
      withTiles,
    );
    const shown = entries.flatMap((entry, index) => {
      const record = records?.[index];
      return record ? [{ ...entry, record }] : [];
    });
    response.json({ endpoint, pictures: shown, isGrowing } satisfies GalleryAnswer);
  });

  // This is where your application asks: may this user see this picture? A record is the answer yes.
  app.get('/api/images/:id', (request, response) => {
    response.json(pictureOf(find(request)));
  });

  /** Fresh records for a page that has stood open, if the user still may. */
  app.post('/api/records', express.json(), async (request, response) => {
    response.json((await store.backend.getImageRecords(request.body.ids)).filter(Boolean));
  });

  app.post('/api/images', imageBody, async (request, response) => {
    const { id } = found(await store.backend.saveImage(request.body, 'gallery'));
    const title = titleOf(request);
    catalogue.add({ id, title, alt: title });
    response.status(201).json(pictureOf({ id, title, alt: title }));
  });

  app.put('/api/images/:id', imageBody, async (request, response) => {
    const { id } = find(request);
    await store.backend.updateImage(id, request.body);
    const title = titleOf(request);
    catalogue.replace({ id, title, alt: title });
    response.json(pictureOf({ id, title, alt: title }));
  });

  app.delete('/api/images/:id', async (request, response) => {
    const { id } = find(request);
    catalogue.remove(id);
    await store.backend.deleteImage(id);
    response.status(204).end();
  });

  // For the demo's panel only: what a thief of the disk would hold.
  app.get('/api/images/:id/stored', async (request, response) => {
    const stored = found(await store.backend.store.open(find(request).id));
    const chunks: Uint8Array[] = [];
    for await (const chunk of stored.chunks()) chunks.push(chunk);
    const ciphertext = Buffer.concat(chunks);
    response.json({
      token: stored.token,
      sealedKey: Buffer.from(stored.sealedKey).toString('hex'),
      size: stored.size,
      head: ciphertext.subarray(0, 96).toString('hex'),
      sha256: createHash('sha256').update(ciphertext).digest('hex'),
    } satisfies StoredAnswer);
  });

  app.use('/api', () => {
    throw new ApiError(404, 'ROUTE_NOT_FOUND', 'The API has no such route.');
  });
  app.use(answerErrors);

  function pictureOf(entry: Entry): Picture {
    return { ...entry, record: found(store.backend.getImageRecord(entry.id, withTiles)) };
  }

  function find(request: Request<{ id: string }>): Entry {
    return found(catalogue.get(request.params.id));
  }

  const server = createServer(app).listen(port, host);
  await once(server, 'listening');

  return {
    url: `http://${host}:${port}`,
    async close(): Promise<void> {
      enough.abort();
      await growing;
      server.close();
      server.closeAllConnections();
      await store.backend.close();
    },
  };
}

function found<Thing>(thing: Thing | null | undefined): Thing {
  if (thing) return thing;
  throw new ApiError(404, 'IMAGE_NOT_FOUND', 'This picture is not in the gallery, or no longer.');
}

/** The page sends a picture's file name as `?name=`; its title is that name without the ending. */
function titleOf(request: Request): string {
  const fileName = String(request.query.name ?? '');
  const title = fileName.replace(/\.[^.]*$/, '').trim();
  return title.slice(0, 80) || 'Untitled';
}
