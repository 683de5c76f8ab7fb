import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run.mjs';
import { countResults } from './counts.mjs';

/** Vitest itself leaves a core to others, which on a machine with two of them takes twice as long. */
export const onAllCores = '--maxWorkers=100%';

/**
 * Runs projects of vitest.config.ts and counts their tests.
 *
 * @param {string[]} projects
 * @param {import('./other-node.mjs').RunNode} [runNode] which Node; this one unless told
 * @param {{ show?: boolean, more?: string[] }} [options] `show`: what it writes is seen at once, else when it has ended;
 *   `more`: options of its command line
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
export async function runVitest(
  projects,
  runNode = (args, options) => run(process.execPath, args, options),
  { show = true, more = [] } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-test-'));
  const results = join(folder, 'results.json');
  const { ok, output } = await runNode(
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      ...more,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${results}`,
    ],
    { show, seconds: 2_400 },
  );
  if (output !== '') console.log(output);
  const json = await readFile(results, 'utf8').catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
  return countResults(json, ok);
}
