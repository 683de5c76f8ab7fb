import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { createFetchHandler, createPixstoreBackend, createUploadHandler } from 'pixstore/backend';

const backend = createPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
const images = createFetchHandler(backend);
const upload = createUploadHandler(backend, {
  requestOf: (c) => c.req.raw,
  authorize: (c) => getCookie(c, 'user') !== undefined,
  dir: 'photos',
});

const app = new Hono();
app.all('/images/*', (c) => images(c.req.raw));
app.post('/api/photos', upload);
app.get('/api/photos', async (c) => {
  const ids = [];
  for await (const { id } of backend.listImages({ dir: 'photos' })) ids.push(id);
  return c.json(await backend.getImageRecords(ids), 200, { 'Cache-Control': 'no-store' });
});
app.get(
  '/pixstore/*',
  serveStatic({ root: 'node_modules', rewriteRequestPath: (path) => path.replace('pixstore', 'pixstore/dist') }),
);
app.get('/thumbhash/*', serveStatic({ root: 'node_modules' }));
app.get('/*', serveStatic({ root: '.' }));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});
