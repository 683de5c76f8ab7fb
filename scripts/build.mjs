import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runAsProgram, runInstalled } from './run.mjs';

/**
 * Builds src/ into an empty dist/, so that nothing of an earlier build can be packed.
 *
 * @returns {Promise<void>}
 */
export async function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { ok } = await runInstalled('typescript/bin/tsc', ['-b'], { show: true });
  if (!ok) throw new Error('The build failed.');
}

await runAsProgram(import.meta.url, build);
