// What a page pays for pixstore/frontend: the built entry point with all it imports, minified, under brotli.
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

/** @param {import('esbuild').BuildOptions} [options] */
async function bundle(options) {
  const { outputFiles = [] } = await build({
    entryPoints: ['dist/frontend/index.js'],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    ...options,
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * @param {string} minifier
 * @param {string | undefined} code
 * @param {number} limit
 */
function check(minifier, code, limit) {
  const bytes = brotliCompressSync(code ?? '').length;
  console.log(`pixstore/frontend: ${bytes} bytes with ${minifier} and brotli, of at most ${limit}.`);
  if (!code || bytes > limit) process.exitCode = 1;
}

// 8 KiB with terser, which is the minifier of webpack, Next.js and Rollup. esbuild makes a little more of it.
check('esbuild', await bundle({ minify: true }), 8_600);
const { code } = await minify(await bundle(), { module: true, compress: { passes: 3, pure_getters: true } });
check('terser', code, 8_192);
