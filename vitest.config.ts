import { defineConfig } from 'vitest/config';
import type { ProjectConfig } from 'vitest/node';

// Patience for a machine that does other things as well; nothing here waits for a clock.
const patient = { hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } };

/** The tests of one folder of test/, all run in Node; those that need a browser start one themselves. */
function project(name: string, settings: ProjectConfig = {}) {
  const include = [`test/${name}/**/*.test.ts`];
  return { test: { name, include, environment: 'node' as const, ...patient, ...settings } };
}

// Faults at every call, one by one: run on one Node only, for they take their time.
const thorough = [
  'test/fault/injected-changes.test.ts',
  'test/fault/injected-reads.test.ts',
  'test/fault/split-changes.test.ts',
  'test/fault/kill-migration.test.ts',
  'test/fault/power-loss.test.ts',
  'test/fault/keys/injected.test.ts',
  'test/fault/keys/kill.test.ts',
  'test/fault/copies/kill.test.ts',
];

// Builds a whole app, three times: on one Node only, and with the machine to itself.
const nextApp = ['test/package/next.test.ts'];

export default defineConfig({
  test: {
    projects: [
      // Pure code: threads start faster than processes.
      project('unit', { testTimeout: 30_000, pool: 'threads', setupFiles: 'test/unit/own-channels.ts' }),
      project('contract', { testTimeout: 60_000 }),
      // One browser at a time: timings and CPU are the test's own.
      project('browser', { testTimeout: 90_000, fileParallelism: false }),
      ...['chromium', 'firefox', 'webkit'].map((engine) =>
        project(engine, { include: [`test/engines/${engine}.test.ts`], testTimeout: 60_000 }),
      ),
      project('cli', { testTimeout: 120_000 }),
      project('fault', { exclude: thorough, testTimeout: 180_000 }),
      project('thorough', { include: thorough, testTimeout: 180_000 }),
      // On real servers, each started once for all tests.
      project('cloud', {
        testTimeout: 120_000,
        globalSetup: ['test/cloud/postgres-setup.ts', 'test/cloud/s3-setup.ts'],
      }),
      // Memory is measured, and senders that are slow on purpose must not be slower than that.
      project('attack', { testTimeout: 120_000, fileParallelism: false }),
      // The loop is watched: nothing else may use the processor.
      project('hostile', { testTimeout: 60_000, fileParallelism: false }),
      project('package', { exclude: nextApp, testTimeout: 120_000, globalSetup: 'test/package/setup.ts' }),
      project('next', {
        include: nextApp,
        testTimeout: 240_000,
        hookTimeout: 240_000,
        globalSetup: 'test/package/setup.ts',
      }),
    ],
  },
});
