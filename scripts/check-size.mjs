// What a page pays for pixstore/frontend: the two functions that every page needs, with all they import, bundled and
// minified by esbuild with its defaults, under brotli.
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const limit = 12_000;
const { outputFiles } = await build({
  stdin: {
    contents: "export { getImage, initPixstoreFrontend } from './dist/frontend/index.js';",
    resolveDir: process.cwd(),
  },
  bundle: true,
  minify: true,
  format: 'esm',
  write: false,
});
const bytes = brotliCompressSync(outputFiles[0]?.text ?? '').length;
console.log(`pixstore/frontend: ${bytes} bytes with esbuild and brotli, of at most ${limit}.`);
if (bytes > limit) process.exitCode = 1;
