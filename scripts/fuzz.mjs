// Sends 100,000 random and mutated requests to a backend of its own and judges every answer. `npm test` sends a few
// thousand. `--count=5000` sends so many, `--seconds=60` stops after a minute, `--seed=2` makes the requests of that
// seed again, `--handler=node` or `--handler=fetch` sends them to such a handler instead of the default endpoint.
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { ensureSqlite } from './ensure-sqlite.mjs';
import { runAsProgram } from './run.mjs';

await runAsProgram(import.meta.url, async () => {
  const text = /** @type {const} */ ({ type: 'string' });
  const options = { count: text, seconds: text, seed: text, handler: text };
  const { count = '100000', seconds = '900', seed, handler } = parseArgs({ options }).values;
  if (handler !== undefined && handler !== 'node' && handler !== 'fetch')
    throw new Error('--handler is "node" or "fetch".');
  await ensureSqlite();
  await build();
  // Imported late: they import what was built.
  const { runFuzz } = await import('../test/attack/fuzz/run-fuzz.mjs');
  const { describeReport } = await import('../test/attack/fuzz/report.mjs');
  const { startVictim } = await import('../test/attack/victim/start-victim.mjs');

  const victim = await startVictim(handler === undefined ? {} : { handler });
  let shown = performance.now();
  try {
    const report = await runFuzz(victim, {
      count: Number(count),
      seconds: Number(seconds),
      seed: seed === undefined ? Date.now() % 1_000_000_000 : Number(seed),
      onProgress(requests, findings) {
        if (performance.now() - shown < 10_000) return;
        shown = performance.now();
        console.log(`${requests} of ${count} requests, ${findings} findings`);
      },
    });
    console.log(describeReport(report));
    const quiet = report.log.length === 0 && report.complaints === '' && report.open.answers === 0;
    if (report.findings.length > 0 || !report.alive || !report.intact || !quiet) process.exitCode = 1;
  } finally {
    await victim.stop();
  }
});
