// Coverage of src/ by unit, contract and browser tests together, in lines and branches. Browser tests run the built
// package in Chromium; source maps lead back to src/.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import istanbul from 'istanbul-lib-coverage';
import { build } from './build.mjs';
import { coverageOfPages } from './coverage/from-browser.mjs';
import { addHits } from './coverage/merge.mjs';
import { ensureBrowser } from './ensure-browser.mjs';
import { ensureSqlite } from './ensure-sqlite.mjs';
import { root, runAsProgram, runInstalled } from './run.mjs';

await runAsProgram(import.meta.url, async () => {
  await ensureSqlite();
  await ensureBrowser();
  await build({ sourceMap: true });
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-coverage-'));
  const { ok } = await runTests(folder);
  const map = istanbul.createCoverageMap(JSON.parse(await readFile(join(folder, 'coverage-final.json'), 'utf8')));
  for await (const pages of coverageOfPages(join(folder, 'pages'))) {
    for (const [path, coverage] of Object.entries(pages)) {
      if (map.data[path]) addHits(map.fileCoverageFor(path).data, istanbul.createFileCoverage(coverage).data);
    }
  }
  await rm(folder, { recursive: true, force: true });
  print(map);
  if (!ok) throw new Error('Some tests failed, so the figures are too low.');
});

/** @param {string} folder where the results go */
function runTests(folder) {
  const projects = ['unit', 'contract', 'browser', 'chromium'].flatMap((project) => ['--project', project]);
  const coverage = ['enabled', 'include=src/**/*.ts', 'reporter=json', `reportsDirectory=${folder}`, 'reportOnFailure'];
  return runInstalled('vitest/vitest.mjs', ['run', ...projects, ...coverage.map((option) => `--coverage.${option}`)], {
    show: true,
    env: { PIXSTORE_COVERAGE_DIR: join(folder, 'pages') },
  });
}

/** @param {istanbul.CoverageMap} map */
function print(map) {
  /** @type {Map<string, istanbul.CoverageSummary>} */
  const folders = new Map();
  const total = istanbul.createCoverageSummary();
  for (const path of map.files().sort()) {
    const folder = relative(root, dirname(path));
    const summary = map.fileCoverageFor(path).toSummary();
    const ofFolder = folders.get(folder) ?? istanbul.createCoverageSummary();
    folders.set(folder, ofFolder.merge(summary));
    total.merge(summary);
  }
  console.log(`\n${'folder'.padEnd(32)}${'lines'.padStart(18)}${'branches'.padStart(18)}`);
  for (const [name, { lines, branches }] of [...folders, /** @type {const} */ (['src, in total', total])]) {
    console.log(`${name.padEnd(32)}${figure(lines)}${figure(branches)}`);
  }
}

/** @param {istanbul.Totals} totals */
function figure({ covered, total }) {
  if (total === 0) return '-'.padStart(18);
  return `${((100 * covered) / total).toFixed(1)} % of ${total}`.padStart(18);
}
