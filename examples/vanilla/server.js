import { randomUUID } from 'node:crypto';
import express from 'express';
import session from 'express-session';
import { createNodeHandler, createUploadHandler, errorResponse, initPixstoreBackend } from 'pixstore/backend';

const backend = initPixstoreBackend({
  defaultEndpointEnabled: false, // no port of its own
  errorHandlingMode: 'throw',
  databasePath: 'data/pixstore.sqlite',
  imageRootDir: 'data/images',
});
const userOf = (req) => req.session.user;
const folderOf = (req) => `user-${userOf(req)}`; // one for each user, so that it can be erased as a whole

const app = express();
app.use(express.static('public'));
// What the import map of the page leads to.
app.use('/pixstore', express.static('node_modules/pixstore/dist'));
app.use('/thumbhash', express.static('node_modules/thumbhash'));
app.use(
  session({
    secret: process.env.SESSION_SECRET ?? randomUUID(), // without one, a restart logs everybody out
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax' }, // other sites cannot send forms; over HTTPS also: secure: true
  }),
);

app.post('/login', (req, res, next) => {
  // A new session, so that nobody is logged in by a cookie that somebody else gave him.
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = 'ann'; // here your login goes
    res.sendStatus(204);
  });
});
app.post('/logout', (req, res) => req.session.destroy(() => res.sendStatus(204)));

// The ciphertexts, to the user whom a record was made for.
app.use('/images', createNodeHandler(backend, { audience: userOf }));
app.post(
  '/api/photos',
  createUploadHandler(backend, { authorize: (req) => userOf(req) !== undefined, dir: folderOf, audience: userOf }),
);
app.get('/api/photos', async (req, res) => {
  if (!userOf(req)) return res.sendStatus(401);
  const ids = []; // here you decide who may see what: a record is the answer yes
  for await (const { id } of backend.listImages({ dir: folderOf(req) })) ids.push(id);
  res.set('Cache-Control', 'no-store'); // records carry keys
  res.json(await backend.getImageRecords(ids, { audience: userOf(req) }));
});

app.use((error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const { status, code, message } = errorResponse(error); // for clients to read
  if (status >= 500) console.error(error);
  res.status(status).json({ code, message });
});

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://localhost:${server.address().port}`);
});
