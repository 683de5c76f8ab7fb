import express from 'express';
import { createNodeHandler, createPixstoreBackend, createUploadHandler } from 'pixstore/backend';

const backend = createPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
const userOf = ({ headers }) => /(?:^|; )user=(\w+)/.exec(headers.cookie ?? '')?.[1];
const isLoggedIn = (request) => userOf(request) !== undefined;

const app = express();
app.use(createNodeHandler(backend, { route: '/images', authorize: isLoggedIn, audience: userOf }));
app.post('/api/photos', createUploadHandler(backend, { authorize: isLoggedIn, dir: userOf, audience: userOf }));
app.get('/api/photos', async (request, response) => {
  if (!isLoggedIn(request)) return response.sendStatus(401);
  const ids = [];
  for await (const { id } of backend.listImages({ dir: userOf(request) })) ids.push(id);
  response.set('Cache-Control', 'no-store').json(await backend.getImageRecords(ids, { audience: userOf(request) }));
});
app.use(express.static('dist'));

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
