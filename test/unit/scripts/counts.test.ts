import { describe, expect, test } from 'vitest';
import { countResults, none, onePassed, oneSkipped, sum, summary } from '../../../scripts/test/counts.mjs';

const results = (...files: { status: string; tests: string[] }[]) =>
  JSON.stringify({
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((test) => ({ status: test })),
    })),
  });

describe('a run of tests counts', () => {
  test('every test by its status', () => {
    const json = results(
      { status: 'passed', tests: ['passed', 'passed', 'skipped', 'todo'] },
      { status: 'failed', tests: ['failed'] },
    );
    expect(countResults(json, false)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  test('a file that does not load as a failure', () => {
    const json = results({ status: 'passed', tests: ['passed'] }, { status: 'failed', tests: [] });
    expect(countResults(json, false)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('a crash without results as a failure', () => {
    expect(countResults(undefined, true).failed).toBe(1);
  });

  test('zero tests as a failure', () => {
    expect(countResults(results(), true).failed).toBe(1);
    expect(countResults(results({ status: 'passed', tests: ['skipped'] }), true)).toEqual({ ...oneSkipped, failed: 1 });
  });

  test('a bad exit status without a failed test as a failure', () => {
    expect(countResults(results({ status: 'passed', tests: ['passed'] }), false)).toEqual({ ...onePassed, failed: 1 });
  });
});

test('the last line is "N passed, N failed", and names skipped tests only when there are some', () => {
  expect(summary(sum([onePassed, onePassed, none]))).toBe('2 passed, 0 failed');
  expect(summary(sum([onePassed, oneSkipped]))).toBe('1 passed, 0 failed, 1 skipped');
});
