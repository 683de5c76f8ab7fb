// Has pixstore 3.2.1 itself write a store, as tests of the migration read it.
//
// node scripts/make-v3-store.mjs <folder> [number of images]
//
// Without a number: the fixture test/fixtures/store-3.2.1, with the oddities that 3.2.1
// makes (but ids that begin with a colon, as of the folder 'ÄÖ': Windows has no such files). It is installed from the
// registry into a folder for temporary files; its SQLite driver is this project's own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import sharp from 'sharp';

const project = fileURLToPath(new URL('..', import.meta.url));
const [target, count] = process.argv.slice(2);
if (!target) throw new Error('Say in which folder: node scripts/make-v3-store.mjs <folder> [number of images]');
const folder = resolve(target);
const place = mkdtempSync(join(tmpdir(), 'pixstore-3.2.1-'));
/** As published, its `pixstore/backend` does not resolve in Node. */
async function bundledPeer() {
  const install = join(place, 'install');
  mkdirSync(install);
  writeFileSync(join(install, 'package.json'), '{ "private": true }');
  const { status, stderr } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', 'pixstore@3.2.1'], {
    cwd: install,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`pixstore 3.2.1 cannot be installed:\n${stderr}`);
  const { outputFiles } = await build({
    stdin: { contents: "export * from './node_modules/pixstore/backend/index.js';", resolveDir: install },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3'],
    logLevel: 'error',
  });
  return /** @type {import('esbuild').OutputFile} */ (outputFiles[0]).contents;
}

/**
 * In a process of its own: 3.2.1 is set up once in each.
 *
 * @param {{ formats?: string[], images: { dir?: string, bytes: Buffer, replacedBy?: Buffer, deleted?: boolean }[] }} run
 */
function save({ formats = ['png', 'webp', 'jpg', 'jpeg'], images }) {
  const steps = images.map(({ dir, bytes, replacedBy, deleted = false }) => ({
    dir,
    deleted,
    bytes: bytes.toString('base64'),
    ...(replacedBy && { replacedBy: replacedBy.toString('base64') }),
  }));
  writeFileSync(join(place, 'steps.json'), JSON.stringify({ folder, formats, steps }));
  writeFileSync(join(place, 'save.mjs'), saver);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['save.mjs'], {
    cwd: place,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(stderr);
  const records = JSON.parse(stdout);
  return images.map(({ bytes, replacedBy }, index) => {
    const sha256 = createHash('sha256')
      .update(replacedBy ?? bytes)
      .digest('hex');
    return records[index] && { ...records[index], sha256 };
  });
}

const saver = `
  import { readFileSync } from 'node:fs';
  import * as peer from './peer.mjs';
  const { folder, formats, steps } = JSON.parse(readFileSync('steps.json', 'utf8'));
  peer.initPixstoreBackend({
    imageFormats: formats, databasePath: folder + '/images.sqlite', imageRootDir: folder + '/images',
    statelessKeyWindowLength: 3600000, defaultEndpointEnabled: false, defaultEndpointRoute: '/pixstore-image',
    accessControlAllowOrigin: '*', errorHandlingMode: 'throw',
  });
  const saved = [];
  for (const { dir, bytes, replacedBy, deleted } of steps) {
    let record = await peer.saveImage(Buffer.from(bytes, 'base64'), dir);
    if (replacedBy) record = await peer.updateImage(record.id, Buffer.from(replacedBy, 'base64'));
    if (deleted) await peer.deleteImage(record.id);
    saved.push(deleted ? null : { id: record.id, token: record.token });
  }
  console.log(JSON.stringify(saved));
`;

/** @param {'png' | 'jpeg' | 'webp' | 'gif'} format */
function drawn(format, width = 24, height = 16) {
  const exif = { IFD3: { GPSLatitude: '47/1 22/1 0/1', GPSLatitudeRef: 'N' } };
  const image = sharp({ create: { width, height, channels: 3, background: { r: width, g: height, b: 99 } } });
  return (format === 'jpeg' ? image.withExif(exif) : image)[format]().toBuffer();
}

/** All that its grammar, its format byte and its checks let through. */
async function oddities() {
  const [png, jpeg, webp, gif] = [await drawn('png'), await drawn('jpeg'), await drawn('webp'), await drawn('gif')];
  const large = await sharp({
    create: {
      width: 200,
      height: 150,
      channels: 3,
      background: 'black',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  })
    .png()
    .toBuffer();
  return [
    {
      images: [
        { bytes: png },
        { dir: 'cats', bytes: jpeg },
        { dir: 'cats', bytes: webp },
        { dir: 'cats', bytes: large }, // above what lies in rows here
        { dir: 'cats', bytes: png, replacedBy: await drawn('jpeg', 40, 30) },
        { dir: 'cats', bytes: png, deleted: true },
        { dir: '-_', bytes: png },
        { dir: 'x'.repeat(150), bytes: png },
        { dir: 'cut', bytes: jpeg.subarray(0, jpeg.length - 40) },
        { dir: 'cut', bytes: png.subarray(0, 30) },
      ],
    },
    // The format byte counts through this list.
    { formats: ['gif'], images: [{ dir: 'odd', bytes: gif }] },
    { formats: ['webp', 'png'], images: [{ dir: 'odd', bytes: png }] },
  ];
}

/** @param {number} many */
async function photos(many) {
  const formats = /** @type {const} */ (['png', 'jpeg', 'webp']);
  const images = [];
  for (let index = 0; index < many; index += 1) {
    const format = formats[index % formats.length] ?? 'png';
    images.push({
      ...(index % 4 > 0 && { dir: `album-${index % 4}` }),
      bytes: await drawn(format, 64 + (index % 512), 48 + (index % 256)),
    });
  }
  return images;
}

try {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(place, 'peer.mjs'), await bundledPeer());
  symlinkSync(join(project, 'node_modules'), join(place, 'node_modules'), 'junction');
  const saved = [];
  for (const run of count ? [{ images: await photos(Number(count)) }] : await oddities()) saved.push(...save(run));
  const expected = saved.filter(Boolean);
  writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
  console.log(`${expected.length} images`);
} finally {
  rmSync(place, { recursive: true, force: true });
}
