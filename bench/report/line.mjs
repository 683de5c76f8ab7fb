/**
 * One line of the report. `ratio` is how many times as much we reach as what stands beside us; in lines with
 * `slowerAtMost`, and in those of time or memory, how many times as much it costs.
 *
 * @typedef {object} Line
 * @property {string} group
 * @property {string} name
 * @property {'/s' | 'ms' | 'µs' | 'MiB' | '%'} unit
 * @property {number} ours median of the runs
 * @property {number | null} other what stands beside us
 * @property {string} against who that is
 * @property {number | null} ratio
 * @property {{ atLeast: number } | { atMost: number } | null} budget
 * @property {'pass' | 'short' | null} verdict
 * @property {{ name: string, value: number } | null} floor
 * @property {{ ours: number[], other: number[] | null }} runs
 */

/**
 * @param {object} measured
 * @param {string} measured.group
 * @param {string} measured.name
 * @param {Line['unit']} measured.unit
 * @param {number[]} measured.ours a value for each run
 * @param {number[] | undefined} [measured.other]
 * @param {string} [measured.against]
 * @param {number} [measured.atLeast] budget of a rate
 * @param {number} [measured.atMost] budget of time or memory
 * @param {number} [measured.slowerAtMost] budget of a rate, as a cost
 * @param {{ name: string, value: number }} [measured.floor]
 * @returns {Line}
 */
export function line({ group, name, unit, ours, other, against = 'peer', atLeast, atMost, slowerAtMost, floor }) {
  const [our, its] = [median(ours), other ? median(other) : null];
  const inverted = slowerAtMost !== undefined;
  const ratio = its === null ? null : inverted ? its / our : our / its;
  const most = atMost ?? slowerAtMost;
  const budget = atLeast !== undefined ? { atLeast } : most !== undefined ? { atMost: most } : null;
  const kept = ratio !== null && (atLeast === undefined || ratio >= atLeast) && (most === undefined || ratio <= most);
  return {
    group,
    name,
    unit,
    ours: our,
    other: its,
    against,
    ratio,
    budget,
    verdict: budget && ratio !== null ? (kept ? 'pass' : 'short') : null,
    floor: floor ?? null,
    runs: { ours, other: other ?? null },
  };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {number[]} ascending
 * @param {number} share from 0 to 1
 */
export function percentile(ascending, share) {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))];
}
