/**
 * One line of the report. `ratio` is how many times as much we reach as what stands beside us; in lines with
 * `slowerAtMost`, and in those of time or memory, how many times as much it costs; in those with `faster`, how many
 * times as fast we are.
 *
 * @typedef {object} Line
 * @property {string} group
 * @property {string} name
 * @property {'/s' | 'ms' | 'µs' | 'MiB' | '%' | 'tasks' | 'frames' | 'requests' | 'images'} unit
 * @property {number} ours median of the runs
 * @property {number | null} other what stands beside us
 * @property {string} against who that is
 * @property {number | null} ratio
 * @property {{ atLeast: number } | { atMost: number } | { limit: number } | null} budget `limit` is in the line's unit,
 *   whatever stands beside us
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
 * @param {boolean} [measured.faster] a time that is told as speed
 * @param {number} [measured.fasterAtLeast] its budget
 * @param {number} [measured.limit] budget of the figure itself
 * @param {{ name: string, value: number }} [measured.floor]
 * @returns {Line}
 */
export function line(measured) {
  const { group, name, unit, ours, other, against = 'peer', floor } = measured;
  const { atLeast, atMost, slowerAtMost, faster = false, fasterAtLeast, limit } = measured;
  const [our, its] = [median(ours), other ? median(other) : null];
  const inverted = slowerAtMost !== undefined || fasterAtLeast !== undefined || faster;
  const bounds = { least: atLeast ?? fasterAtLeast, most: atMost ?? slowerAtMost, limit };
  const ratio = its === null ? null : inverted ? quotient(its, our) : quotient(our, its);
  return {
    group,
    name,
    unit,
    ours: our,
    other: its,
    against,
    ratio,
    ...judge(bounds, ratio, our),
    floor: floor ?? null,
    runs: { ours, other: other ?? null },
  };
}

/** Nothing is so many times nothing. @param {number} above @param {number} below */
function quotient(above, below) {
  return below === 0 ? null : above / below;
}

/**
 * @param {{ least: number | undefined, most: number | undefined, limit: number | undefined }} bounds
 * @param {number | null} ratio
 * @param {number} our
 * @returns {Pick<Line, 'budget' | 'verdict'>}
 */
function judge({ least, most, limit }, ratio, our) {
  if (limit !== undefined) return { budget: { limit }, verdict: our <= limit ? 'pass' : 'short' };
  const budget = least !== undefined ? { atLeast: least } : most !== undefined ? { atMost: most } : null;
  if (!budget || ratio === null) return { budget, verdict: null };
  const kept = (least === undefined || ratio >= least) && (most === undefined || ratio <= most);
  return { budget, verdict: kept ? 'pass' : 'short' };
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
