import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import express from 'express';
import session from 'express-session';
import { createNodeHandler, createUploadHandler, errorResponse, initPixstoreBackend } from 'pixstore/backend';
import { sharpProcessing } from 'pixstore/processing';

// Your users, with their passwords, are in your database.
const users = {
  ann: { name: 'Ann', role: 'member' },
  ben: { name: 'Ben', role: 'member' },
  ida: { name: 'Ida', role: 'admin' },
};

const backend = initPixstoreBackend({
  defaultEndpointEnabled: false, // no port of its own
  errorHandlingMode: 'throw',
  databasePath: 'data/pixstore.sqlite',
  imageRootDir: 'data/images',
  // So that a tile does not load a photo of 12 megapixels.
  processing: sharpProcessing({ variants: { tile: { width: 480 } }, placeholders: true }),
});
await addSamplePhotos();

const idOf = (req) => req.session.user;
const folderOf = (id) => `user-${id}`; // one for each user, so that it can be erased as a whole

/** Who may see what: the folders that are open to a user, his own first. */
function albumsFor(id) {
  const others = Object.keys(users).filter((other) => other !== id && users[id].role === 'admin');
  return [
    { folder: folderOf(id), title: 'Your photos' },
    { folder: 'team', title: 'The team’s photos' },
    ...others.map((other) => ({ folder: folderOf(other), title: `${users[other].name}’s photos` })),
  ];
}

/** For this user alone, with a tile and a placeholder. */
const recordOptions = (req) => ({ audience: idOf(req), variants: true, placeholder: true });

const app = express();
app.use(express.static('dist'));
app.use(
  session({
    secret: process.env.SESSION_SECRET ?? randomUUID(), // without one, a restart logs everybody out
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax' }, // other sites cannot send forms; over HTTPS also: secure: true
  }),
);

app.post('/login', express.json(), (req, res, next) => {
  const { user } = req.body; // here you check the password
  if (!Object.hasOwn(users, user)) return res.sendStatus(400);
  // A new session, so that nobody is logged in by a cookie that somebody else gave him.
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = user;
    res.sendStatus(204);
  });
});
app.post('/logout', (req, res) => req.session.destroy(() => res.sendStatus(204)));

// The ciphertexts, to the user whom a record was made for.
app.use('/images', createNodeHandler(backend, { audience: idOf }));

app.use('/api', (req, res, next) => {
  if (!idOf(req)) return res.sendStatus(401);
  res.set('Cache-Control', 'no-store'); // records carry keys
  next();
});

/** All that a user may see. A record is the answer yes. */
app.get('/api/photos', async (req, res) => {
  const albums = albumsFor(idOf(req)).map(async ({ folder, title }) => {
    const images = [];
    for await (const image of backend.listImages({ dir: folder })) images.push(image);
    images.sort((one, other) => other.token - one.token); // the latest first
    const ids = images.map(({ id }) => id);
    return { title, records: (await backend.getImageRecords(ids, recordOptions(req))).filter(Boolean) };
  });
  res.json({ user: users[idOf(req)], albums: await Promise.all(albums) });
});

/** Fresh records for a page that has stood open, if the user still may. */
app.get('/api/records', async (req, res) => {
  const folders = albumsFor(idOf(req)).map(({ folder }) => folder);
  const ids = [req.query.id ?? []].flat().filter((id) => folders.includes(String(id).split(':')[0]));
  res.json((await backend.getImageRecords(ids, recordOptions(req))).filter(Boolean));
});

app.post(
  '/api/photos',
  createUploadHandler(backend, {
    authorize: (req) => idOf(req) !== undefined,
    dir: (req) => folderOf(idOf(req)),
    audience: idOf,
  }),
);

app.use((error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const { status, code, message } = errorResponse(error); // for clients to read
  if (status >= 500) console.error(error);
  res.status(status).json({ code, message });
});

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://localhost:${server.address().port}`);
});

/** The first start only. A folder of photos/ is a folder of images. */
async function addSamplePhotos() {
  for await (const _ of backend.listImages({ limit: 1 })) return;
  for (const folder of await readdir('photos')) {
    for (const file of await readdir(`photos/${folder}`)) {
      await backend.saveImageFromFile(`photos/${folder}/${file}`, folder);
    }
  }
}
