// Knows nothing of the prefix: nginx takes it off.
import express from 'express';
import { createNodeHandler, createPixstoreBackend, createUploadHandler } from 'pixstore/backend';

const backend = createPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
const app = express();
app.use(createNodeHandler(backend, { route: '/images', clientOf: ({ headers }) => headers['x-real-ip'] }));
app.post('/api/photos', createUploadHandler(backend, { authorize: () => true, dir: 'photos' }));
app.get('/api/photos', async (_request, response) => {
  const ids = [];
  for await (const { id } of backend.listImages({ dir: 'photos' })) ids.push(id);
  response.set('Cache-Control', 'no-store').json(await backend.getImageRecords(ids));
});
app.use(express.static('public'));

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
