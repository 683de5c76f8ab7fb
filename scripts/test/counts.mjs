/**
 * How the tests of a step went.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** @type {Counts} */
export const none = { passed: 0, failed: 0, skipped: 0 };
/** @type {Counts} */
export const onePassed = { ...none, passed: 1 };
/** @type {Counts} */
export const oneFailed = { ...none, failed: 1 };
/** @type {Counts} */
export const oneSkipped = { ...none, skipped: 1 };

/**
 * The counts of one run of Vitest. A run that crashed, that ran nothing, or that ended badly although no test failed
 * (an error outside of tests) counts as one failure: silence is not success.
 *
 * @param {string | undefined} json what its JSON reporter wrote, if anything
 * @param {boolean} ok whether its exit status was 0
 * @returns {Counts}
 */
export function countResults(json, ok) {
  if (json === undefined) return oneFailed;
  const { testResults } = JSON.parse(json);
  const counts = { ...none };
  for (const { status, assertionResults } of testResults) {
    // A file that does not load has no tests to fail.
    if (status === 'failed' && assertionResults.length === 0) counts.failed += 1;
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
  }
  const ran = counts.passed + counts.failed > 0;
  return (ok && ran) || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/**
 * @param {Counts[]} list
 * @returns {Counts}
 */
export function sum(list) {
  return list.reduce(
    (total, { passed, failed, skipped }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    }),
    none,
  );
}

/**
 * The last line of `npm test`, such as `312 passed, 0 failed`.
 *
 * @param {Counts} counts
 */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
