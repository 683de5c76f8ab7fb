import { existsSync } from 'node:fs';
import { ensureEngines } from '../ensure-engines.mjs';
import { ensureSqlite } from '../ensure-sqlite.mjs';
import { nodeMajor, run, runInstalled } from '../run.mjs';
import { none, oneFailed, onePassed, oneSkipped, sum } from './counts.mjs';
import { otherMajor, otherNode } from './other-node.mjs';
import { onAllCores, runVitest } from './vitest.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */

/**
 * One step of `npm test`.
 *
 * @typedef {object} Step
 * @property {string} name what `--only` calls it
 * @property {string} title
 * @property {string[]} [needs] steps that `--only` runs before it
 * @property {string} [lane] it may run beside the steps of another lane: see `stages.mjs`
 * @property {boolean} [unasked] false: not run unless `--only` asks for it
 * @property {(how: { show: boolean }) => Promise<Counts>} run `show`: it writes to the terminal as it goes; what it throws
 *   counts as one failure
 */

/** @type {Step[]} */
export const steps = [
  { name: 'sqlite', title: 'SQLite works on this Node', run: preparation(ensureSqlite) },
  { name: 'chromium', title: 'A browser is there', run: preparation(installBrowser) },
  {
    name: 'lint',
    title: 'Lint and format',
    run: check(() => runInstalled('@biomejs/biome/bin/biome', ['ci', '--colors=off', '.'])),
  },
  {
    name: 'imports',
    title: 'The import table',
    run: check(() => run(process.execPath, ['scripts/check-imports.mjs'])),
  },
  { name: 'build', title: 'Build', run: check(() => run(process.execPath, ['scripts/build.mjs'])) },
  {
    name: 'size',
    title: 'Size of the browser side',
    needs: ['build'],
    run: check(() => run(process.execPath, ['scripts/check-size.mjs'])),
  },
  { name: 'types', title: 'Types of tests, scripts and demo', needs: ['build'], run: check(checkTypes) },
  {
    name: 'unit',
    title: `Unit and contract tests on Node ${nodeMajor}`,
    needs: ['sqlite', 'build'],
    run: ({ show }) => runVitest(['unit', 'contract'], undefined, { show, more: [onAllCores] }),
  },
  {
    name: 'fault',
    title: 'Faults: injected errors, kills, full disks, power cuts',
    needs: ['sqlite', 'build'],
    run: ({ show }) => runVitest(['fault', 'thorough'], undefined, { show, more: [onAllCores] }),
  },
  {
    name: 'cli',
    title: 'The command line, as processes',
    needs: ['sqlite', 'build'],
    run: ({ show }) => runVitest(['cli'], undefined, { show, more: [onAllCores] }),
  },
  {
    name: 'cloud',
    title: 'Stores on real servers: suites and faults',
    needs: ['sqlite', 'build'],
    run: ({ show }) => runVitest(['cloud'], undefined, { show, more: [onAllCores] }),
  },
  {
    name: 'attack',
    title: 'Attacks on the endpoint: mutated requests, slow senders, crowds, forged proofs',
    needs: ['sqlite', 'build'],
    run: ({ show }) => runVitest(['attack'], undefined, { show }),
  },
  {
    name: 'hostile',
    title: 'Hostile pictures: bombs, broken headers, halves',
    needs: ['build'],
    run: ({ show }) => runVitest(['hostile'], undefined, { show }),
  },
  {
    name: 'other-node',
    lane: 'others',
    title: `What depends on Node, on Node ${otherMajor}`,
    needs: ['chromium', 'build'],
    run: testOtherNode,
  },
  {
    name: 'browser',
    lane: 'browser',
    title: 'Browser tests on the built package',
    needs: ['sqlite', 'chromium', 'build'],
    run: ({ show }) => runVitest(['browser'], undefined, { show }),
  },
  {
    name: 'engines',
    lane: 'others',
    title: 'The suite of all engines, in Chromium',
    needs: ['sqlite', 'chromium', 'build'],
    run: ({ show }) => runVitest(['chromium'], undefined, { show }),
  },
  {
    name: 'other-engines',
    lane: 'others',
    title: 'The same suite in Firefox and WebKit',
    needs: ['sqlite', 'build'],
    unasked: Boolean(process.env.CI),
    run: testOtherEngines,
  },
  {
    name: 'package',
    lane: 'others',
    title: 'The packed package, as users get it',
    needs: ['sqlite', 'chromium'],
    run: ({ show }) => runVitest(['package'], undefined, { show }),
  },
  {
    name: 'next',
    lane: 'others',
    title: 'A Next.js app with the packed package, in development and production',
    needs: ['sqlite', 'chromium'],
    run: ({ show }) => runVitest(['next'], undefined, { show }),
  },
];

// What stands on Node's SQLite, files, servers and processes: the rest is the same on every Node, or tries a browser or a
// tool, and once is enough.
const dependsOnNode = [
  'test/unit/backend/face/',
  'test/unit/backend/moving/',
  'test/unit/backend/servers/',
  'test/unit/cli/',
  'test/unit/stores/folder/',
  'test/unit/stores/local/',
  'test/contract/checking.test.ts',
  'test/contract/copies/copy-store.test.ts',
  'test/contract/diagnosing.test.ts',
  'test/contract/examples/default-endpoint.test.ts',
  'test/contract/examples/limits.test.ts',
  'test/contract/examples/odd-requests.test.ts',
  'test/contract/file-blobs.test.ts',
  'test/contract/handlers/failures.test.ts',
  'test/contract/handlers/handlers.test.ts',
  'test/contract/handlers/uploads.test.ts',
  'test/contract/image-store.test.ts',
  'test/contract/keys/',
  'test/contract/limits.test.ts',
  'test/contract/moving/',
  'test/contract/opening.test.ts',
  'test/contract/row-store.test.ts',
  'test/contract/store-reader.test.ts',
  'test/contract/wire-client.test.ts',
  'test/fault/',
  ...['blocks', 'cluster', 'journey', 'node', 'processing', 'readme'].map((name) => `test/package/${name}.test.ts`),
];

/**
 * A step that tests nothing and only counts when it fails.
 *
 * @param {() => Promise<void>} prepare
 * @returns {Step['run']}
 */
function preparation(prepare) {
  return async () => {
    await prepare();
    return none;
  };
}

/**
 * A check that counts as one test and is silent unless it fails.
 *
 * @param {() => ReturnType<typeof run>} tool
 * @returns {Step['run']}
 */
function check(tool) {
  return async () => {
    const { ok, output } = await tool();
    if (!ok) console.log(output);
    return ok ? onePassed : oneFailed;
  };
}

async function installBrowser() {
  // Imported late: it imports playwright-core, and a step that cannot load must not take the others along.
  const { ensureBrowser } = await import('../ensure-browser.mjs');
  await ensureBrowser();
}

/** @type {Step['run']} */
async function testOtherEngines({ show }) {
  await ensureEngines();
  // One browser at a time, as in the other browser tests.
  return sum([await runVitest(['firefox'], undefined, { show }), await runVitest(['webkit'], undefined, { show })]);
}

async function checkTypes() {
  const projects = ['test', 'demo'].filter((project) => existsSync(`${project}/tsconfig.json`));
  const results = await Promise.all(projects.map((project) => runInstalled('typescript/bin/tsc', ['-p', project])));
  return { ok: results.every(({ ok }) => ok), output: results.map(({ output }) => output).join('') };
}

/** @type {Step['run']} */
async function testOtherNode({ show }) {
  const runNode = await otherNode();
  if (otherMajor < 24 && !(await runNode(['scripts/ensure-sqlite.mjs'], { seconds: 600 })).ok) {
    console.log(`Skipped: better-sqlite3 could not be built for Node ${otherMajor}, which has no SQLite of its own.`);
    return oneSkipped;
  }
  const gone = dependsOnNode.find((path) => !existsSync(path));
  if (gone) throw new Error(`There is no ${gone} any more: what depends on Node is listed in scripts/test/steps.mjs.`);
  // One at a time: a browser has the other core.
  const more = ['--maxWorkers=1', ...dependsOnNode];
  return runVitest(['unit', 'contract', 'fault', 'package'], runNode, { show, more });
}
