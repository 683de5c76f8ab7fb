import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runAsProgram, runInstalled } from './run.mjs';

/**
 * Builds src/ into an empty dist/, so that nothing of an earlier build can be packed.
 *
 * What is packed has no source maps: it is the sources without their types, line by line with the comments, and the
 * sources themselves would be more than half of the package.
 *
 * @param {{ sourceMap?: boolean }} [options] `sourceMap`: for coverage, which has to find its way back to src/
 * @returns {Promise<void>}
 */
export async function build({ sourceMap = false } = {}) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const options = sourceMap ? ['--sourceMap'] : [];
  const { ok } = await runInstalled('typescript/bin/tsc', ['-b', ...options], { show: true });
  if (!ok) throw new Error('The build failed.');
}

await runAsProgram(import.meta.url, build);
