/**
 * What a kill test found, in words.
 *
 * @param {import('./kill-test.mjs').KillReport} report
 */
export function describeReport({ method, points, missed, acknowledged, leftovers, damages, calls }) {
  const count = (/** @type {string} */ damage) => damages.filter((each) => each.startsWith(damage)).length;
  const known = ['lost', 'torn', 'rolled back'];
  const others = damages.length - known.reduce((sum, damage) => sum + count(damage), 0);
  return [
    `killed by: ${method}`,
    `kill points tried: ${points}${missed > 0 ? ` (and ${missed} that were not reached)` : ''}`,
    ...Object.entries(calls).map(([call, times]) => `  ${call}: ${times}`),
    `changes acknowledged: ${acknowledged}`,
    `${known.map((damage) => `${damage} ${count(damage)}`).join(', ')}, otherwise wrong ${others}`,
    `files left behind, all swept: ${leftovers}`,
    ...damages.slice(0, 20).map((damage) => `  ${damage}`),
  ].join('\n');
}
