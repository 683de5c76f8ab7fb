import { randomUUID } from 'node:crypto';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { deleteCookie, getSignedCookie, setSignedCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { createFetchHandler, createUploadHandler, initPixstoreBackend } from 'pixstore/backend';

const backend = initPixstoreBackend({
  defaultEndpointEnabled: false, // no port of its own
  errorHandlingMode: 'throw',
  databasePath: 'data/pixstore.sqlite',
  imageRootDir: 'data/images',
});
const secret = process.env.SESSION_SECRET ?? randomUUID(); // without one, a restart logs everybody out

const requestOf = (c) => c.req.raw;
const userOf = (c) => c.get('user');
const folderOf = (c) => `user-${userOf(c)}`; // one for each user, so that it can be erased as a whole

const app = new Hono();
app.use(csrf());
app.use(async (c, next) => {
  c.set('user', (await getSignedCookie(c, secret, 'user')) || undefined); // false when it is not ours
  await next();
});

app.post('/login', async (c) => {
  await setSignedCookie(c, 'user', 'ann', secret, { httpOnly: true, sameSite: 'Lax' }); // here your login goes
  return c.body(null, 204);
});
app.post('/logout', (c) => {
  deleteCookie(c, 'user');
  return c.body(null, 204);
});

// The ciphertexts, to the user whom a record was made for.
const images = createFetchHandler(backend, { requestOf, audience: userOf });
app.all('/images', images).all('/images/*', images);

app.post(
  '/api/photos',
  createUploadHandler(backend, {
    requestOf,
    authorize: (c) => userOf(c) !== undefined,
    dir: folderOf,
    audience: userOf,
  }),
);
app.get('/api/photos', async (c) => {
  const audience = userOf(c);
  if (!audience) return c.body(null, 401);
  const ids = []; // here you decide who may see what: a record is the answer yes
  for await (const { id } of backend.listImages({ dir: folderOf(c) })) ids.push(id);
  const records = await backend.getImageRecords(ids, { audience });
  return c.json(records, 200, { 'Cache-Control': 'no-store' }); // records carry keys
});

app.get('*', serveStatic({ root: 'dist' }));

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`listening on http://localhost:${port}`);
});
