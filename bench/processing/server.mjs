// A server that answers requests for images, and makes variants meanwhile when it is told to: over IPC.
import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { answerCalls } from '../contestants/calls.mjs';
import { imageOf } from '../contestants/images.mjs';
import { pictures, sharp } from './pictures.mjs';

const projectRequire = createRequire(new URL('../../package.json', import.meta.url));
const load = (/** @type {string} */ entry) => import(pathToFileURL(projectRequire.resolve(entry)).href);
const { createPixstoreBackend } = await load('pixstore/backend');
const { sharpProcessing } = await load('pixstore/processing');

const [folder, port] = process.argv.slice(2);
const widths = { thumb: { width: 160 }, card: { width: 640 } };
const processing = sharpProcessing({ variants: widths });
const options = {
  databasePath: join(folder, 'images.sqlite'),
  imageRootDir: join(folder, 'images'),
  masterKey: Buffer.alloc(32, 7).toString('base64'),
  statelessKeyWindowLength: 3_600_000,
  defaultEndpointListenHost: '127.0.0.1',
  defaultEndpointListenPort: Number(port),
  errorHandlingMode: 'throw',
  logger: { info() {}, warn: console.warn, error: console.error },
};
const plain = createPixstoreBackend(options);
await plain.ready;
const withVariants = createPixstoreBackend({
  ...options,
  databasePath: join(folder, 'variants.sqlite'),
  imageRootDir: join(folder, 'variants'),
  defaultEndpointEnabled: false,
  processing,
});
const wanted = { dir: '', variants: Object.keys(widths), placeholder: false };

/** @type {Record<string, (picture: import('./pictures.mjs').Picture) => Promise<unknown>>} */
const ways = {
  process: (picture) => processing.process(picture, wanted),
  save: ({ bytes }) => withVariants.saveImage(bytes),
  bare: ({ bytes }) => bareVariants(bytes),
  async 'bare, kept'({ bytes }) {
    await Promise.all([bytes, ...(await bareVariants(bytes))].map(keepEncrypted));
  },
};

/** As an application would: each variant from the file, and both at once. @param {Buffer} bytes */
function bareVariants(bytes) {
  return Promise.all(
    Object.values(widths).map((size) =>
      sharp(bytes, { autoOrient: true })
        .resize({ ...size, withoutEnlargement: true })
        .webp({ quality: 80 })
        .toBuffer(),
    ),
  );
}

/** The least that keeping takes: encrypted in slices between which others are served, and safe on the disk. @param {Buffer} bytes */
async function keepEncrypted(bytes) {
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
  const path = join(folder, randomUUID());
  const file = await open(path, 'wx');
  try {
    const slice = 1024 * 1024;
    for (let at = 0; at < bytes.length; at += slice) await file.write(cipher.update(bytes.subarray(at, at + slice)));
    cipher.final();
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @type {Record<string, (argument: any) => Promise<unknown>>} */
const work = {
  async handOut({ count }) {
    const ids = [];
    for (let index = 0; index < count; index += 1) ids.push((await plain.saveImage(imageOf(56 * 1024, index))).id);
    return plain.getImageRecords(ids);
  },

  /** Makes variants for a while: pictures a second, CPU for each, and the longest that the loop was late by; in ms. */
  async make({ name, way, atOnce, duration }) {
    const picture = await pictures[name]();
    sharp.cache(way.startsWith('bare')); // what sharp does unless told otherwise
    await ways[way](picture);
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const before = process.cpuUsage();
    const begin = performance.now();
    let made = 0;
    const loop = async () => {
      for (; performance.now() - begin < duration; made += 1) await ways[way](picture);
    };
    await Promise.all(Array.from({ length: atOnce }, loop));
    delays.disable();
    const perSecond = made / ((performance.now() - begin) / 1000);
    const { user, system } = process.cpuUsage(before);
    return { perSecond, cpu: (user + system) / 1000 / made, longest: delays.max / 1e6 };
  },

  async close() {
    await Promise.all([plain.close(), withVariants.close()]);
  },
};

answerCalls(work);
