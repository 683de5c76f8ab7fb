import { expect, test } from 'vitest';
import { describeReport } from './fuzz/report.mjs';
import { runFuzz } from './fuzz/run-fuzz.mjs';
import { withVictim } from './victim/with-victim.js';

const mebibyte = 1024 * 1024;

// `npm run fuzz` sends 100,000 of other seeds.
test('3,000 mutated requests: documented answers only, nothing is logged, memory returns, and good requests go on', {
  timeout: 240_000,
}, async () => {
  const victim = await withVictim();
  const report = await runFuzz(victim, { count: 3_000, seed: 20_260_101, seconds: 200 });
  const words = describeReport(report);
  expect(report.findings, words).toEqual([]);
  expect({ alive: report.alive, intact: report.intact }, words).toEqual({ alive: true, intact: true });
  expect(report.log, words).toEqual([]);
  expect(report.complaints, words).toBe('');
  expect(report.sockets, words).toBe(0);
  expect(report.open, words).toEqual({ answers: 0, bytes: 0 });
  expect(report.requests, words).toBeGreaterThanOrEqual(2_000);
  // A good part got through Node's own parser to our code, and some to the picture.
  const { '200 Success': pictures = 0, '200 InvalidProof': refused = 0 } = report.answers;
  expect(pictures, words).toBeGreaterThan(100);
  expect(refused, words).toBeGreaterThan(100);
  // Were it a kibibyte that a request leaves behind, it would be more.
  expect(report.after.heapUsed - report.before.heapUsed, words).toBeLessThan(mebibyte);
  expect(report.after.external - report.before.external, words).toBeLessThan(mebibyte);
});
