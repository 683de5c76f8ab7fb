// Kills a process that changes images, and one that migrates a database, at each of its system calls in turn, and looks
// every time at what is left. Takes minutes; `npm test` tries a sample. `--sample=500` tries so many points, `--seed=2` makes other changes.
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { ensureSqlite } from './ensure-sqlite.mjs';
import { runAsProgram } from './run.mjs';

await runAsProgram(import.meta.url, async () => {
  const { sample, seed } = parseArgs({ options: { sample: { type: 'string' }, seed: { type: 'string' } } }).values;
  await ensureSqlite();
  await build();
  // Imported late: it imports what was built.
  const { killTest } = await import('../test/fault/kill/kill-test.mjs');
  const { describeReport } = await import('../test/fault/kill/report.mjs');

  const start = performance.now();
  let shown = start;
  const report = await killTest({
    ...(sample === undefined ? {} : { sample: Number(sample) }),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    onProgress({ points, missed, damages }, total) {
      if (performance.now() - shown < 10_000) return;
      shown = performance.now();
      console.log(`${points + missed} of ${total} runs, ${damages.length} times something wrong`);
    },
  });
  console.log(describeReport(report));

  const { killMigration, describeMigration } = await import('../test/fault/kill/kill-migration.mjs');
  const damages = [...report.damages];
  for (const how of /** @type {const} */ (['kill', 'fail'])) {
    const migration = await killMigration({ how, ...(sample === undefined ? {} : { sample: Number(sample) }) });
    if (!migration) continue; // this system does not let strace trace
    console.log(`${how}: ${describeMigration(migration)}`);
    damages.push(...migration.damages);
  }
  console.log(`took ${((performance.now() - start) / 1000).toFixed(0)} s`);
  if (damages.length > 0) process.exitCode = 1;
});
