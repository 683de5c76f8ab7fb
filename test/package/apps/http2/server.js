import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createNodeHandler, createPixstoreBackend, createUploadHandler } from 'pixstore/backend';

const backend = createPixstoreBackend({ defaultEndpointEnabled: false, errorHandlingMode: 'throw' });
const images = createNodeHandler(backend, { route: '/images' });
const upload = createUploadHandler(backend, { authorize: () => true, dir: 'photos' });
const files = { '/': ['text/html', 'public/index.html'], '/page.js': ['text/javascript', 'public/page.js'] };

// As strict as can be: pictures are shown by blob: URLs, and all else is the page's own.
const policy =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const server = createSecureServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') });
server.on('request', (request, response) => {
  images(request, response, async () => {
    if (request.url === '/api/photos' && request.method === 'POST') return upload(request, response);
    response.setHeader('Content-Security-Policy', policy);
    if (request.url === '/api/photos') {
      const ids = [];
      for await (const { id } of backend.listImages({ dir: 'photos' })) ids.push(id);
      response.setHeader('Content-Type', 'application/json');
      return response.end(JSON.stringify(await backend.getImageRecords(ids)));
    }
    const [type, path] = files[request.url] ?? [];
    if (path === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': type }).end(readFileSync(path));
  });
});
server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on https://127.0.0.1:${server.address().port}`);
});
