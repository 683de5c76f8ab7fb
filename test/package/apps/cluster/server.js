import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { createNodeHandler, createPixstoreBackend, createUploadHandler } from 'pixstore/backend';

if (cluster.isPrimary) {
  for (let worker = 0; worker < 3; worker += 1) cluster.fork();
  cluster.on('exit', () => cluster.fork());
} else {
  const backend = createPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
  const images = createNodeHandler(backend, { route: '/images' });
  const upload = createUploadHandler(backend, { authorize: () => true, dir: 'photos' });
  const server = createServer((request, response) => {
    response.setHeader('X-Worker', process.pid);
    images(request, response, async () => {
      if (request.method === 'POST') return upload(request, response);
      const id = decodeURIComponent(request.url.slice(1));
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(await backend.getImageRecord(id)));
    });
  });
  server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}
