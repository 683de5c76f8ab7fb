import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import express from 'express';
import type * as Backend from 'pixstore/backend';
import type { ImageRecord, PixstoreBackend } from 'pixstore/backend';
import sharp from 'sharp';
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { asModule, blocksOfDocuments, createProject } from './documents.js';
import { roundTrip, withSqlite } from './round-trip.js';
import { root, run, runModule } from './run.js';

type UserOf = (req: express.Request) => string | undefined;
type Mount = (app: express.Express, backend: PixstoreBackend, userOf: UserOf) => void;

/** What the blocks of docs/recipes.md export. */
interface Recipes {
  openGallery(config: Backend.BackendConfig): PixstoreBackend;
  tilesOf(gallery: PixstoreBackend, ids: string[]): Promise<(ImageRecord | null)[]>;
  saveFor(backend: PixstoreBackend, user: string, photo: Uint8Array): Promise<ImageRecord>;
  erase(backend: PixstoreBackend, user: string): Promise<number>;
  withAudit(config: Backend.BackendConfig, write: (line: object) => void): PixstoreBackend;
  attachmentOf(backend: PixstoreBackend, id: string): Promise<{ filename: string; content: Uint8Array } | null>;
  mountImages: Mount;
  mountPictures: Mount;
  mountGallery: Mount;
}

let recipes: Recipes;
let pixstore: typeof Backend;

beforeAll(async () => {
  const project = await createProject(inject('packed').app, 'recipes');
  const blocks = (await blocksOfDocuments()).filter(({ document }) => document === 'docs/recipes.md');
  const load = (path: string) => import(/* @vite-ignore */ pathToFileURL(join(project, path)).href);
  await writeFile(join(project, 'backend.mjs'), "export * from 'pixstore/backend';");
  pixstore = await load('backend.mjs');
  const exporting = blocks.filter(({ code }) => code.includes('export ') && !code.includes('BroadcastChannel'));
  const modules = exporting.map(async (block) => {
    await writeFile(join(project, `line-${block.line}.mjs`), await asModule(block));
    return load(`line-${block.line}.mjs`);
  });
  recipes = Object.assign({}, ...(await Promise.all(modules)));
});

const photo = (name: string) => readFile(join(root, 'demo/photos', name));

const options = (): Backend.BackendConfig<'throw'> => ({
  store: pixstore.createMemoryStore(),
  masterKey: '01'.repeat(32),
  defaultEndpointEnabled: false,
  errorHandlingMode: 'throw',
});

function openBackend() {
  const backend = pixstore.createPixstoreBackend(options());
  onTestFinished(() => backend.close());
  return backend;
}

/** An application with what a recipe mounts; who asks says so in a header. */
async function serve(mount: Mount, backend: PixstoreBackend) {
  const app = express();
  mount(app, backend, (req) => req.get('x-user'));
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (path: string, headers: Record<string, string> = {}) => fetch(`${origin}${path}`, { headers });
}

/** What a page sends for one image. */
const headersOf = ({ token, statelessProof }: ImageRecord) => ({
  'x-pixstore-token': String(token),
  'x-pixstore-proof': statelessProof,
});

/** The state that a payload begins with. */
const stateIn = ([first]: Uint8Array) =>
  Object.entries(pixstore.WirePayloadState).find(([, state]) => state === first)?.[0];
const stateOf = async (answer: Response) => stateIn(new Uint8Array(await answer.arrayBuffer()));

test('thumbnails: a photo is kept in two sizes, both upright, and goes with both', async () => {
  const gallery = recipes.openGallery(options());
  onTestFinished(() => gallery.close());
  const turned = await sharp(await photo('astronaut.jpg'))
    .withMetadata({ orientation: 6 })
    .toBuffer();
  const { width = 0, height = 0 } = await sharp(turned).metadata();
  const { id } = (await gallery.saveImage(turned, 'photos')) as ImageRecord;
  const [small] = await recipes.tilesOf(gallery, [id]);
  expect(small).toMatchObject({ id: `${id}.small`, width: 320, height: Math.round((320 * width) / height) });
  await gallery.deleteImage(id);
  expect(await recipes.tilesOf(gallery, [id])).toEqual([null]);
});

test("a user's deletion: nothing of his is there, and all of the others is", async () => {
  const backend = openBackend();
  const mine = await recipes.saveFor(backend, '7', await photo('cat.png'));
  const other = await recipes.saveFor(backend, '8', await photo('cat.png'));
  expect(await recipes.erase(backend, '7')).toBe(1);
  expect([backend.imageExists(mine.id), backend.imageExists(other.id)]).toEqual([false, true]);
});

test('audit: every save, update, deletion and answer is told, with whom it was for, and neither key nor proof', async () => {
  const lines: object[] = [];
  const backend = recipes.withAudit(options(), (line) => lines.push(line));
  onTestFinished(() => backend.close());
  const record = await backend.saveImage(await photo('cat.png'), { id: 'cat', audience: '7' });
  if (!record) throw new Error('No record');
  await backend.updateImage('cat', await photo('brick.webp'));
  const ask = await serve(recipes.mountImages, backend);
  await ask('/images/cat', { ...headersOf(record), 'x-user': '7' });
  await ask('/images/cat', { ...headersOf(record), 'x-user': '8' });
  await backend.deleteImage('cat');
  expect(lines).toMatchObject([
    { what: 'pixstore:save', id: 'cat', audience: '7' },
    { what: 'pixstore:update', id: 'cat' },
    { what: 'served', id: 'cat', audience: '7', state: 'Updated' },
    { what: 'served', id: 'cat', audience: '8', state: 'InvalidProof' },
    { what: 'pixstore:delete', id: 'cat' },
  ]);
  const written = JSON.stringify(lines);
  for (const secret of [record.meta.key, record.statelessProof]) expect(written).not.toContain(secret);
});

test('checks for every image: a record is good for its user, and what is internal for the admin alone', async () => {
  const backend = openBackend();
  const ask = await serve(recipes.mountImages, backend);
  const recordFor = async (dir: string, audience: string) =>
    backend.saveImage(await photo('cat.png'), { dir, audience });
  const statesOf = async (record: ImageRecord) => {
    const users = ['7', 'admin'].map((user) =>
      ask(`/images/${record.id}`, { ...headersOf(record), 'x-user': user }).then(stateOf),
    );
    return Promise.all(users);
  };
  expect(await statesOf(await recordFor('photos', '7'))).toEqual(['Success', 'InvalidProof']);
  expect(await statesOf(await recordFor('internal', '7'))).toEqual(['InvalidProof', 'InvalidProof']);
  expect(await statesOf(await recordFor('internal', 'admin'))).toEqual(['InvalidProof', 'Success']);
});

test("visitors: their records are good for visitors, and a user's for that user", async () => {
  const backend = openBackend();
  const ask = await serve(recipes.mountGallery, backend);
  await backend.saveImage(await photo('cat.png'), { id: 'cat' });
  const recordOf = async (headers: Record<string, string>): Promise<ImageRecord> =>
    (await ask('/api/photos/cat', headers)).json();
  const user = { 'x-user': '7' };
  const [visitors, users] = [await recordOf({}), await recordOf(user)];
  const states = [
    await ask('/images/cat', headersOf(visitors)),
    await ask('/images/cat', { ...headersOf(visitors), ...user }),
    await ask('/images/cat', headersOf(users)),
    await ask('/images/cat', { ...headersOf(users), ...user }),
  ];
  expect(await Promise.all(states.map(stateOf))).toEqual(['Success', 'InvalidProof', 'InvalidProof', 'Success']);
});

test('mail and server rendering: a picture as it was saved, for its user and for nobody else', async () => {
  const backend = openBackend();
  const bytes = await photo('cat.png');
  const { id } = await backend.saveImage(bytes, 'user-7');
  expect(await recipes.attachmentOf(backend, id)).toMatchObject({ filename: 'photo.png', contentType: 'image/png' });
  const ask = await serve(recipes.mountPictures, backend);
  const mine = await ask(`/pictures/${id}`, { 'x-user': '7' });
  expect(bytes.equals(new Uint8Array(await mine.arrayBuffer()))).toBe(true);
  expect((await ask(`/pictures/${id}`, { 'x-user': '8' })).status).toBe(403);
  expect((await ask(`/pictures/${id}`)).status).toBe(403);
});

test('a key as docs/operating.md makes it is taken', async () => {
  const key = await run('openssl', ['rand', '-base64', '32'], root);
  const folder = await createProject(inject('packed').app, 'with-key');
  await runModule(folder, roundTrip, { ...withSqlite, PIXSTORE_MASTER_KEY: key.trim() });
});
