// Runs everything that says whether this checkout is good, one step after another, and goes on after a failure so that
// all is seen. The last line is `N passed, N failed`. `npm test -- --only=unit,lint` runs some steps only.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, runAsProgram } from './run.mjs';
import { oneFailed, sum, summary } from './test/counts.mjs';
import { stagesOf } from './test/stages.mjs';

await runAsProgram(import.meta.url, async () => {
  const counts = existsSync(join(root, 'node_modules', 'vitest')) ? await runSteps() : notInstalled();
  if (counts.failed > 0) process.exitCode = 1;
  console.log(summary(counts));
});

function notInstalled() {
  console.error('The tools are not installed yet: run "npm ci" first.');
  return oneFailed;
}

async function runSteps() {
  const { steps } = await import('./test/steps.mjs');
  const results = [];
  for (const lanes of stagesOf(chosen(steps))) {
    const isAlone = lanes.length === 1;
    results.push(...(await Promise.all(lanes.map((lane) => runLane(lane, isAlone)))).flat());
  }
  const failed = results.filter((result) => result.failed > 0);
  console.log(failed.map(({ title }) => `\nfailed: ${title}`).join(''));
  return sum(results);
}

/**
 * One step after another. What a step writes is seen at once when nothing runs beside it, else when it has ended.
 *
 * @param {import('./test/steps.mjs').Step[]} steps
 * @param {boolean} isAlone
 */
async function runLane(steps, isAlone) {
  const results = [];
  for (const { title, run } of steps) {
    console.log(`\n# ${title}`);
    const start = performance.now();
    const result = await run({ show: isAlone }).catch((error) => {
      console.error(error instanceof Error ? error.message : error);
      return oneFailed;
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${result.failed > 0 ? 'FAILED' : 'ok'}: ${title}, ${seconds} s`);
    results.push({ title, ...result });
  }
  return results;
}

/** @param {import('./test/steps.mjs').Step[]} steps */
function chosen(steps) {
  const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
  if (only === undefined) return steps.filter(({ unasked = true }) => unasked);
  const names = only.split(',');
  const unknown = names.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only knows no step "${unknown}". It knows: ${steps.map(({ name }) => name).join(', ')}.`);
  }
  const needed = steps.flatMap(({ name, needs = [] }) => (names.includes(name) ? [name, ...needs] : []));
  return steps.filter(({ name }) => needed.includes(name));
}
