import { figure, times } from './table.mjs';

/** @typedef {import('./line.mjs').Line} Line */
/** @typedef {(value: number) => number} Scale */

const width = 960;
const margin = 24;
const rowHeight = 28;
const barHeight = 14;
const plot = { left: 300, right: 630 };
const fineTicks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];
const decades = [0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000];
const columns = { ratio: 684, budget: 696, figures: 802 };

// An image in a README cannot inherit colours: it brings both sets.
const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --dim: #59636e; --grid: #d8dee4; --pass: #2f7d4f; --short: #c4532d; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --dim: #9198a1; --grid: #30363d; --pass: #4cae75; --short: #f0804f; }
  }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; } .head { font-weight: 600; } .bold { font-weight: 600; }
  .dim { fill: var(--dim); } .small { font-size: 11px; fill: var(--dim); }
  .paper { fill: var(--paper); } .pass { fill: var(--pass); } .short { fill: var(--short); }
  .grid { stroke: var(--grid); } .one { stroke: var(--dim); } .budget { stroke: var(--ink); stroke-width: 2.5; }
`;

/**
 * What a drawing shows: lines that have a budget, in panels.
 *
 * @typedef {object} Drawing
 * @property {string} title
 * @property {string} description for who cannot see it
 * @property {Panel[]} panels
 *
 * @typedef {object} Panel
 * @property {string} heading
 * @property {'ratio' | 'linear'} scale `ratio`: logarithmic, from 1x to both sides
 * @property {(line: Line) => boolean} shows
 */

/**
 * @param {import('./results.mjs').Results & { date: string }} results
 * @param {Drawing} drawing
 * @returns {string} an SVG
 */
export function chart({ lines, date, machine, commit }, { title, description, panels }) {
  const ruled = lines.filter(({ ratio, budget }) => ratio !== null && budget !== null);
  return draw({
    heads: [
      title,
      `${machine.cpu}, ${machine.cores} cores, ${machine.fileSystem}, Node ${machine.node}`,
      `${date}, commit ${commit}. The upright mark is the budget.`,
    ],
    description,
    panels: panels.map(({ heading, scale, shows }) => ({ heading, scale, lines: ruled.filter(shows) })),
  });
}

/**
 * @param {object} drawing
 * @param {string[]} drawing.heads a title, and lines below it
 * @param {string} drawing.description for who cannot see it
 * @param {{ heading: string, scale: 'ratio' | 'linear', lines: Line[] }[]} drawing.panels
 * @returns {string} an SVG
 */
export function draw({ heads: [title = '', ...others], description, panels }) {
  const parts = [text(margin, 38, 'title', title)];
  others.forEach((line, index) => {
    parts.push(text(margin, 60 + 18 * index, 'dim', line));
  });
  let y = 76 + 18 * others.length;
  for (const { heading, scale, lines } of panels.filter(({ lines }) => lines.length > 0)) {
    parts.push(...panel(lines, y, heading, scale === 'ratio' ? logScale(lines) : linearScale(lines)));
    y += panelHeight(lines);
  }
  const body = parts.join('\n  ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">
  <title>${description}</title>
  <style>${style}</style>
  <rect class="paper" width="100%" height="100%" rx="8"/>
  ${body}
</svg>
`;
}

/** @param {Line[]} lines */
function panelHeight(lines) {
  return lines.length * rowHeight + 70;
}

/**
 * @param {Line[]} lines
 * @param {number} top
 * @param {string} heading
 * @param {{ scale: Scale, ticks: number[], origin: number }} axis
 */
function panel(lines, top, heading, { scale, ticks, origin }) {
  const bottom = top + 14 + lines.length * rowHeight;
  const parts = [text(margin, top, 'head', heading)];
  for (const tick of ticks) {
    parts.push(rule(scale(tick), top + 12, bottom, tick === 1 ? 'one' : 'grid'));
    parts.push(text(scale(tick), bottom + 15, 'small', `${tick}x`, 'middle'));
  }
  lines.forEach((line, index) => {
    parts.push(...bar(line, top + 14 + index * rowHeight, scale, origin));
  });
  return parts;
}

/**
 * @param {Line} line
 * @param {number} top
 * @param {Scale} scale
 * @param {number} origin where bars begin
 */
function bar({ name, ours, other, unit, ratio, budget, verdict }, top, scale, origin) {
  const [from, to] = [scale(origin), scale(ratio ?? 0)];
  const middle = top + rowHeight / 2;
  const y = middle - barHeight / 2;
  const [x, length] = [Math.min(from, to).toFixed(1), Math.max(1, Math.abs(to - from)).toFixed(1)];
  const mark = budget && budgetMark(budget, verdict, middle, scale);
  return [
    text(margin, middle + 4.5, '', name),
    `<rect class="${verdict}" x="${x}" y="${y}" width="${length}" height="${barHeight}" rx="2"/>`,
    mark?.line,
    text(columns.ratio, middle + 4.5, `bold ${verdict === 'short' ? 'short' : ''}`, times(ratio), 'end'),
    mark?.words,
    text(columns.figures, middle + 4.5, 'small', `${figure(ours, unit)} : ${figure(other ?? 0, unit)}`),
  ].filter((part) => part != null);
}

/**
 * @param {NonNullable<Line['budget']>} budget
 * @param {Line['verdict']} verdict
 * @param {number} middle
 * @param {Scale} scale
 */
function budgetMark(budget, verdict, middle, scale) {
  const limit = 'atLeast' in budget ? budget.atLeast : 'atMost' in budget ? budget.atMost : budget.limit;
  const sign = 'atLeast' in budget ? '≥' : '≤';
  return {
    line: rule(scale(limit), middle - 11, middle + 11, 'budget'),
    words: text(columns.budget, middle + 4.5, 'dim', `${sign} ${limit}x${verdict === 'short' ? ' short' : ''}`),
  };
}

/** Bars begin at 1x: to the right is faster, to the left slower. @param {Line[]} lines */
function logScale(lines) {
  const values = lines.flatMap(reach);
  const [low, high] = [Math.min(0.8, ...values) * 0.9, Math.max(...values) * 1.15];
  const ticks = (high / low > 500 ? decades : fineTicks).filter((tick) => tick >= low && tick <= high);
  const scale = (/** @type {number} */ value) =>
    plot.left + ((plot.right - plot.left) * Math.log(value / low)) / Math.log(high / low);
  return { scale, ticks, origin: 1 };
}

/** @param {Line[]} lines */
function linearScale(lines) {
  const high = Math.ceil(Math.max(...lines.flatMap(reach)) + 0.2);
  const step = high <= 2 ? 0.25 : Math.ceil(high / 8);
  const ticks = Array.from({ length: Math.floor(high / step) + 1 }, (_, index) => index * step);
  return {
    scale: (/** @type {number} */ value) => plot.left + ((plot.right - plot.left) * value) / high,
    ticks,
    origin: 0,
  };
}

/** @param {Line} line */
function reach({ ratio, budget }) {
  return [ratio ?? 1, ...Object.values(budget ?? {})];
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} kind
 * @param {string} content
 * @param {'start' | 'middle' | 'end'} [anchor]
 */
function text(x, y, kind, content, anchor = 'start') {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" class="${kind.trim()}" text-anchor="${anchor}">${escaped}</text>`;
}

/**
 * @param {number} x
 * @param {number} top
 * @param {number} bottom
 * @param {string} kind
 */
function rule(x, top, bottom, kind) {
  return `<line class="${kind}" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${top}" y2="${bottom}"/>`;
}
