/**
 * One line of the import table of ARCHITECTURE.md. The first line that covers a file rules it. Paths end in `/` for a
 * folder and all below it, in `/*` for the files right in it, or name one file. A file may always import what its own
 * line covers, and besides that only what is listed.
 *
 * @typedef {object} Rule
 * @property {string} files the path that the line rules
 * @property {string[]} [may] paths in this project
 * @property {string[]} [packages] installed packages and Node's own modules: a name, `node:*`, or `*` for all
 * @property {boolean} [typesOnly] the files hold nothing that exists at run time
 * @property {boolean} [computed] `import(expression)` is allowed, although no check can follow it
 * @property {string} because the reason, shown with what breaks the rule
 */

const sides = ['src/shared/', 'src/types/'];
const port = 'src/stores/port.ts';
const blobStore = 'src/stores/split/blob-store.ts';
const rowsAndBlobs = ['src/stores/split/row-store.ts', blobStore];
const keyWrapper = 'src/backend/keys/key-wrapper.ts';

// What an engine is made of, beside its layers; a layer sees those below it, and none sees the engine.
const engineFiles = ['engine', 'long-works', 'opening', 'metrics', 'upkeep', 'diagnostics'].map(
  (name) => `src/backend/${name}.ts`,
);
const helpers = ['within', 'read-signal'].map((name) => `src/backend/${name}.ts`);
const layers = ['src/backend/keys/', 'src/backend/images/', 'src/backend/serving/'];
const moving = 'src/backend/moving/';
const copies = 'src/backend/copies/';
const frontendRooms = ['network', 'cache', 'loading', 'painting'].map((name) => `src/frontend/${name}/`);
const ownStores = ['local', 'folder', 'memory', 'split'].map((name) => `src/stores/${name}/`);

// What tests find programs and documents with; none of it knows of src/.
const tools = [
  ...['apt-install', 'ensure-browser', 'ensure-engines', 'find-nginx'].map((name) => `scripts/${name}.mjs`),
  ...[
    'browser/harness/install',
    'support/axe',
    'support/cached-images',
    'support/self-signed',
    'unit/docs/markdown',
  ].map((name) => `test/${name}.ts`),
];

/** @type {Rule[]} */
export const table = [
  {
    files: 'src/types/',
    typesOnly: true,
    because: 'types is what both sides agree on: it imports nothing and holds types only',
  },
  {
    files: 'src/shared/',
    may: ['src/types/'],
    because: 'shared runs anywhere: no node:*, no DOM, no package',
  },

  {
    files: port,
    may: sides,
    because: 'the port knows no store, and nothing above it',
  },
  ...storeRules({
    split: ['node:crypto'],
    memory: [],
    local: ['node:*', 'better-sqlite3', 'src/stores/folder/'],
    postgres: ['node:*', 'pg'],
    folder: ['node:*'],
    objects: ['node:*'],
    files: ['files-sdk', 'src/stores/objects/'],
    s3: ['node:*', '@aws-sdk/client-s3', 'src/stores/objects/'],
  }),

  ...helpers.map((files) => ({
    files,
    may: sides,
    packages: ['node:*'],
    because: 'the layers of the engine stand on it, so it stands on nothing of theirs',
  })),
  {
    files: 'src/backend/serving/uploads/form.ts',
    may: [...sides, 'src/backend/serving/'],
    packages: ['@remix-run/multipart-parser'],
    because: 'forms are taken apart in one place, by a parser that is a package: docs/decisions/0029-uploads.md',
  },
  ...layers.map((files, index) => ({
    files,
    may: [...sides, port, ...helpers, ...layers.slice(0, index)],
    packages: ['node:*'],
    because: 'keys, images and serving see those of them that come before, and of stores the port: no store, no server',
  })),
  {
    files: moving,
    may: [...sides, port, ...helpers, 'src/backend/keys/', 'src/backend/images/'],
    packages: ['node:*'],
    because: 'what moves images stands on keys, images and the port: it knows no store, and nobody stands on it',
  },
  {
    files: copies,
    may: [...sides, port, blobStore, ...helpers, 'src/backend/keys/', 'src/backend/images/'],
    packages: ['node:*'],
    because:
      'copies and backups are made through the port, whatever the store: of stores they know it, and where blobs are kept',
  },
  {
    files: 'src/backend/servers/',
    may: [...sides, 'src/backend/serving/'],
    packages: ['node:*'],
    because: 'a server hands requests to serving and sends its replies: it knows no engine and no store',
  },
  ...engineFiles.map((files) => ({
    files,
    may: [...sides, ...layers, moving, copies, port, blobStore, ...helpers, ...engineFiles],
    packages: ['node:*'],
    because:
      'the engine knows no store, no config, no error mode and no server: whoever makes one gives it what it takes',
  })),
  ...['src/backend/face/', 'src/backend/index.ts'].map((files) => ({
    files,
    may: [...sides, 'src/backend/', port, ...ownStores],
    packages: ['node:*'],
    because:
      'the face makes a backend of an engine, a store and a server: drivers of other stores are their own affair',
  })),

  {
    files: 'src/processing/',
    may: [...sides, 'src/backend/images/processing-port.ts'],
    packages: ['node:*', 'sharp', 'libheif-js', 'thumbhash'],
    because: 'processing stands behind its port, on sharp: it knows no store, no key and no server',
  },

  ...['network', 'cache', 'painting'].map((name) => ({
    files: `src/frontend/${name}/`,
    may: sides,
    because:
      'a room of the frontend stands on Web APIs, shared and types, and knows neither its neighbours nor the face',
  })),
  {
    files: 'src/frontend/showing/draw-placeholder.ts',
    may: [...sides, 'src/frontend/loading/placeholder-url.ts'],
    packages: ['thumbhash'],
    because: 'a placeholder is drawn by a package, and only in pages that draw it: docs/decisions/0031-processing.md',
  },
  {
    files: 'src/frontend/loading/placeholder-url.ts',
    may: sides,
    packages: ['thumbhash'],
    because: 'a placeholder is drawn by a package, and only in pages that draw it: docs/decisions/0031-processing.md',
  },
  {
    files: 'src/frontend/loading/',
    may: [...sides, 'src/frontend/network/', 'src/frontend/cache/'],
    because: 'loading finds images in the cache and the network, and knows neither the client nor the face',
  },
  {
    files: 'src/frontend/showing/',
    may: [...sides, 'src/frontend/loading/', 'src/frontend/painting/'],
    because: 'showing has what was loaded painted where an element is, and knows neither the client nor the face',
  },
  {
    files: 'src/frontend/uploading/',
    may: [...sides, 'src/frontend/loading/record.ts'],
    because:
      'uploading stands on Web APIs, and knows of the rest of the frontend what a record is: pages load it by itself',
  },
  {
    files: 'src/frontend/client.ts',
    may: [...sides, ...frontendRooms],
    because: 'the client throws, and knows no error mode and no default instance: those are of the face',
  },
  ...['src/frontend/face/', 'src/frontend/index.ts'].map((files) => ({
    files,
    may: [...sides, 'src/frontend/'],
    because: 'the face makes a frontend for browsers of a client: no package, never node:* or the backend',
  })),
  {
    files: 'src/bindings/',
    may: ['src/frontend/index.ts', 'src/frontend/showing/', 'src/types/'],
    because: 'what all bindings share stands on the public face of the frontend, and knows no framework',
  },
  ...Object.entries({ react: ['react'], vue: ['vue'], svelte: ['svelte'], element: [] }).map(([name, packages]) => ({
    files: `src/${name}/`,
    may: ['src/bindings/', 'src/frontend/index.ts', 'src/frontend/showing/', 'src/types/'],
    packages,
    because:
      'a binding is a thin layer over the public face of the frontend and what shows its pictures, for one framework',
  })),
  {
    files: 'src/cli/',
    may: ['src/backend/index.ts', ...sides],
    packages: ['node:*', 'commander'],
    computed: true, // the module of --config
    because: "the command line uses the backend's public face, as any application does",
  },
  {
    files: 'src/testing/',
    may: [...sides, port, ...rowsAndBlobs, keyWrapper],
    packages: ['node:*'],
    because: 'a published suite tests whatever keeps a contract: it knows ports, no store and no key',
  },

  ...['demo/', 'examples/', 'bench/', 'test/package/'].map((files) => ({
    files,
    may: tools,
    packages: ['*'],
    computed: true,
    because: 'demo, examples, bench and test/package use pixstore as users do: through its entry points, never src/',
  })),
];

/**
 * @param {Record<string, string[]>} drivers what each store stands on; a path is a room that it shares with its like
 * @returns {Rule[]}
 */
function storeRules(drivers) {
  const isRoom = (/** @type {string} */ name) => name.startsWith('src/');
  return Object.entries(drivers).map(([name, packages]) => ({
    files: `src/stores/${name}/`,
    may: [...sides, port, 'src/stores/split/', ...packages.filter(isRoom)],
    packages: packages.filter((name) => !isRoom(name)),
    because:
      'a store knows its port, split, what it shares with its like and its own driver, never another store or the backend',
  }));
}

/** The folders whose every code file must be ruled by a line of the table. */
export const ruledFolders = ['src', 'demo', 'examples', 'bench', 'test/package'];
