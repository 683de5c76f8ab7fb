// What a page pays for pixstore/frontend: the two functions that every page needs, with all they import, bundled and
// minified by esbuild with its defaults, under brotli. What painting is more than observing, which a page pays for that
// paints; and what a binding is more than a frontend that does both, since that is what bindings do.
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const limit = 12_000;
// Near the viewport, the choice of a variant, what stays meanwhile, and how it gets on the screen.
const paintingLimit = 3_850;
// By entry point, what pages use of it, and how much it may be: React's variant for Suspense comes on top.
/** @type {Record<string, [used: string, limit: number]>} */
const bindings = {
  react: ['PixstoreImage, PixstoreProvider, usePixstoreImage', 1_536],
  vue: ['PixstoreImage, pixstoreVue', 1_536],
  svelte: ['pixstoreImage', 1_536],
  element: ['PixstoreImageElement', 1_900],
};
const frameworks = ['react', 'vue', 'svelte'];

const getting = "export { getImage, initPixstoreFrontend } from './dist/frontend/index.js';";
const observing = "export { getImage, initPixstoreFrontend, observeImage } from './dist/frontend/index.js';";
const painting = "export { getImage, initPixstoreFrontend, observeImage, paintImage } from './dist/frontend/index.js';";

check('pixstore/frontend', await sizeOf(getting), limit);
const observed = await sizeOf(observing);
const painted = await sizeOf(painting);
check(`paintImage, more than a frontend that observes (${observed})`, painted - observed, paintingLimit);
for (const [name, [used, most]] of Object.entries(bindings)) {
  const whole = await sizeOf(`${painting} export { ${used} } from './dist/${name}/index.js';`);
  check(`pixstore/${name}, more than a frontend that observes and paints (${painted})`, whole - painted, most);
}

/**
 * @param {string} contents
 * @returns {Promise<number>}
 */
async function sizeOf(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    external: frameworks,
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return brotliCompressSync(outputFiles[0]?.text ?? '').length;
}

/**
 * @param {string} what
 * @param {number} bytes
 * @param {number} most
 */
function check(what, bytes, most) {
  console.log(`${what}: ${bytes} bytes with esbuild and brotli, of at most ${most}.`);
  if (bytes > most) process.exitCode = 1;
}
