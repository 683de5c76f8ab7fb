const row = 24; // pictures that are seen first
const calmAfter = 1_500; // ms after which a browser has done what it does when it starts

/**
 * What one visit is about.
 *
 * @typedef {object} Task
 * @property {number} port of the server that has the pictures
 * @property {any[]} records
 * @property {number} tile CSS pixels of a side
 * @property {{ width: number, height: number }} picture pixels
 */

/**
 * How a contestant shows pictures.
 *
 * @typedef {object} Contestant
 * @property {(tile: number) => HTMLElement} makeTile empty
 * @property {(tiles: HTMLElement[], shown: (index: number) => void) => void} show tells of each that is loaded
 * @property {() => Promise<number>} [kept] how many pictures are on disk; of the browser's own cache nobody can tell
 */

/**
 * How long it took, in ms, until pictures were on the screen.
 *
 * @typedef {object} Visit
 * @property {number} first
 * @property {number} firstRow
 * @property {number} all until every picture was loaded and two frames were drawn
 * @property {number} longest task of the main thread over 50 ms, where the browser tells
 */

/**
 * Shows a page of pictures, and tells the benchmark how long it took.
 *
 * @param {(task: Task) => Contestant} create
 */
export async function runOnScreen(create) {
  /** @type {Task} */
  const task = await (await fetch('task')).json();
  const { makeTile, show, kept } = create(task);
  const tiles = task.records.map(() => makeTile(task.tile));
  Object.assign(document.body.style, {
    margin: '0',
    display: 'grid',
    gridTemplateColumns: `repeat(auto-fill, ${task.tile}px)`,
  });
  document.body.append(...tiles);
  await pause(calmAfter); // the empty places are drawn

  const longTasks = [0];
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    }).observe({ type: 'longtask' });
  }
  /** @type {Visit} */
  const visit = await new Promise((resolve) => {
    const begin = performance.now();
    let [loaded, loadedOfRow, first, firstRow] = [0, 0, 0, 0];
    show(tiles, async (index) => {
      loaded += 1;
      if (index < row) loadedOfRow += 1;
      const [isFirst, isRow, isLast] = [loaded === 1, index < row && loadedOfRow === row, loaded === tiles.length];
      if (!isFirst && !isRow && !isLast) return;
      await frame();
      await frame();
      const now = performance.now() - begin;
      if (isFirst) first = now;
      if (isRow) firstRow = now;
      if (isLast) resolve({ first, firstRow: firstRow || now, all: now, longest: 0 });
    });
  });
  await pause(200); // the observer's own delay
  visit.longest = Math.max(...longTasks);
  await settle(task.records.length, kept);
  await fetch('result', { method: 'POST', body: JSON.stringify(visit) });
}

/**
 * Waits until so many pictures are on disk, but not for ever.
 *
 * @param {number} count
 * @param {(() => Promise<number>) | undefined} kept
 */
async function settle(count, kept) {
  const begin = performance.now();
  await pause(500);
  while (kept && performance.now() - begin < 10_000 && (await kept()) < count) await pause(100);
}

/** @param {number} duration ms */
function pause(duration) {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

function frame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** An `<img>`, as pages have them. @param {number} side */
export function makeImage(side) {
  return withSize(document.createElement('img'), side);
}

/**
 * @template {HTMLElement} Element
 * @param {Element} element
 * @param {number} side
 */
export function withSize(element, side) {
  Object.assign(element.style, { display: 'block', width: `${side}px`, height: `${side}px`, objectFit: 'cover' });
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {string} src
 * @param {() => void} loaded
 */
export function setSrc(element, src, loaded) {
  element.onload = loaded;
  /** @type {HTMLImageElement} */ (element).src = src;
}
