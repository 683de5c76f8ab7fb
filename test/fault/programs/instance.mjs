// A backend of one version or another, that does what it is told by lines of JSON, and answers by such.
//
// node instance.mjs <module> <folder> <options as JSON>
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { makePicture } from '../kill/picture.mjs';
import { backendOf } from '../kill/settings.mjs';

const [module = '', folder = '', options = '{}'] = process.argv.slice(2);
/** @type {typeof import('pixstore/backend')} */
const { createPixstoreBackend, createFetchHandler } = await import(module);

const say = (/** @type {unknown} */ what) => void writeSync(1, `${JSON.stringify(what)}\n`);

// A test may set its clock.
let ahead = 0;
/** @type {string[]} */
const lines = [];
const note = (/** @type {string} */ line) => void lines.push(line);

/** @type {import('pixstore/backend').PixstoreBackend} */
let backend;
/** @type {import('pixstore/backend').FetchHandler} */
let handler;
/** @type {{ ended: Promise<void>, stop(): void } | undefined} */
let load;

/** @type {Record<string, (...args: any[]) => unknown>} */
const calls = {
  async open() {
    backend = createPixstoreBackend({
      ...backendOf(folder),
      ...JSON.parse(options),
      now: () => Date.now() + ahead,
      logger: { info: note, warn: note, error: note },
    });
    handler = createFetchHandler(backend, { authorize: () => true });
    await backend.ready; // the last build has no open()
  },
  lines: () => lines.splice(0),
  setAhead(milliseconds) {
    ahead = milliseconds;
  },
  save: (dir, id, name, length) => backend.saveImage(makePicture(name, length), { ...(dir && { dir }), id }),
  update: (id, name, length) => backend.updateImage(id, makePicture(name, length)),
  remove: (id) => backend.deleteImage(id),
  erase: (dir) => backend.deleteImages(dir),
  records: (ids) => backend.getImageRecords(ids),
  exists: (id) => backend.imageExists(id),
  async rotate(rotation) {
    for await (const step of backend.rotateMasterKey(rotation)) void step;
  },
  sweep: () => backend.store.sweep(),
  check: () => backend.store.check(),
  health: () => backend.health(),
  /** The payload that a request gets through the handler, in base64. */
  async request({ id, statelessProof }) {
    const url = `http://localhost/images/${encodeURIComponent(id)}?proof=${statelessProof}`;
    const answer = await handler(new Request(url));
    return Buffer.from(await answer.arrayBuffer()).toString('base64');
  },
  /** Saves images, so many at once, and says of each what became of it; until it is told to stop. */
  startLoad(name, atOnce) {
    let isOver = false;
    let next = 0;
    const work = async () => {
      while (!isOver) {
        const id = `${name}-${next++}`;
        const length = next % 4 === 0 ? 70_000 : 3_000;
        const picture = makePicture(id, length);
        try {
          const record = await backend.saveImage(picture, { dir: 'load', id });
          say({ did: 'save', id: record?.id, name: id, length });
        } catch (error) {
          say({ did: 'fail', id: `load:${id}`, code: /** @type {any} */ (error).code });
        }
      }
    };
    const ended = Promise.all(Array.from({ length: atOnce }, work)).then(() => {});
    load = {
      ended,
      stop() {
        isOver = true;
      },
    };
  },
  async stopLoad() {
    load?.stop();
    await load?.ended;
  },
  close: () => backend.close(),
};

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { number, call, args } = JSON.parse(line);
  // One need not wait for the other.
  (async () => calls[call]?.(...args))().then(
    (result) => say({ number, result: result ?? null }),
    (error) => say({ number, code: error.code ?? String(error) }),
  );
}
