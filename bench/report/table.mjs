/** @typedef {import('./line.mjs').Line} Line */

const counts = ['tasks', 'frames', 'requests', 'images'];

/**
 * Lines as aligned text.
 *
 * @param {Line[]} lines
 */
export function table(lines) {
  const heads = ['', 'ours', 'beside it', 'ratio', 'budget', '', 'floor'];
  const rows = lines.map((line) => [
    line.name,
    figure(line.ours, line.unit),
    line.other === null ? '' : `${figure(line.other, line.unit)} ${line.against}`,
    times(line.ratio),
    line.budget ? budgetText(line.budget, line.unit) : '',
    line.verdict ?? '',
    line.floor ? `${figure(line.floor.value, line.unit)} ${line.floor.name}` : '',
  ]);
  return align([heads, ...rows], [false, true, true, true, true, false, false]);
}

/**
 * @param {string[][]} rows
 * @param {boolean[]} toTheRight for each column
 */
export function align(rows, toTheRight) {
  const widths = toTheRight.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (toTheRight[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * @param {number} value
 * @param {string} unit
 */
export function figure(value, unit) {
  const whole = value >= 100 || (counts.includes(unit) && Number.isInteger(value));
  const digits = whole ? 0 : value >= 10 ? 1 : 2;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`;
}

/** @param {number | null} ratio */
export function times(ratio) {
  if (ratio === null) return '';
  return ratio >= 1_000
    ? `${Math.round(ratio).toLocaleString('en')}x`
    : `${ratio.toFixed(ratio >= 10 ? 1 : ratio >= 0.1 ? 2 : 3)}x`;
}

/**
 * @param {NonNullable<Line['budget']>} budget
 * @param {Line['unit']} unit
 */
export function budgetText(budget, unit) {
  if ('limit' in budget) return `<= ${budget.limit} ${unit}`;
  return 'atLeast' in budget ? `>= ${budget.atLeast}x` : `<= ${budget.atMost}x`;
}
