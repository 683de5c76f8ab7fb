import { clearImageCache } from 'pixstore/frontend';
import { find } from './dom.js';
import { formatMilliseconds } from './source.js';

/** What a side tells when it has drawn all its pictures. */
export interface VisitResult {
  kind: 'pixstore' | 'plain';
  visit: number;
  count: number;
  /** How many of them did not come: then the time says nothing. */
  failed: number;
  /** From the records, or the paths, until all pictures in view were drawn. */
  milliseconds: number;
}

const rounds = 3;
const names = { pixstore: 'pixstore', plain: 'Plain <img>' };

const panel = find(HTMLElement, '#compare');
const verdict = find(HTMLElement, '.verdict', panel);
const buttons = [...panel.querySelectorAll<HTMLButtonElement>('[data-visit]')];
let visit = Date.now(); // a number that no earlier visit had

/** The same pictures twice, side by side and one after the other: by pixstore, and by `<img>` with the HTTP cache. */
export async function compare(kind: 'first' | 'next'): Promise<void> {
  for (const button of buttons) button.disabled = true;
  verdict.textContent = 'Measuring';
  verdict.textContent = await measure(kind);
  for (const button of buttons) button.disabled = false;
}

/** @returns what came of it, in a sentence */
async function measure(kind: 'first' | 'next'): Promise<string> {
  const times: Record<VisitResult['kind'], number[]> = { pixstore: [], plain: [] };
  let count = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (kind === 'first') {
      await clearImageCache({ keepShown: true });
      visit += 1;
    }
    // Whoever is second finds a warmer machine: they take turns.
    const order: VisitResult['kind'][] = round % 2 === 0 ? ['plain', 'pixstore'] : ['pixstore', 'plain'];
    for (const side of order) {
      const result = await load(side);
      if (result.failed > 0) return `${result.failed} of ${result.count} pictures did not come. Measure again.`;
      times[side].push(result.milliseconds);
      count = result.count;
      find(HTMLElement, `[data-side=${side}] output`, panel).textContent = formatMilliseconds(result.milliseconds);
    }
  }
  const [ours, plain] = [median(times.pixstore), median(times.plain)];
  for (const [side, time] of Object.entries({ pixstore: ours, plain })) {
    find(HTMLElement, `[data-side=${side}] output`, panel).textContent = formatMilliseconds(time);
  }
  const faster = ours <= plain ? names.pixstore : names.plain;
  const ratio = (Math.max(ours, plain) / Math.min(ours, plain)).toFixed(1);
  const what = kind === 'first' ? 'First visits' : 'Next visits';
  return `${what}: ${count} pictures in view, until all were drawn; medians of ${rounds} that took turns. ${faster} was ${ratio} times as fast.`;
}

/** Visits a side. What it has in memory goes with the page that was there before; what is on the disk stays. */
function load(kind: VisitResult['kind']): Promise<VisitResult> {
  const frame = find(HTMLIFrameElement, `[data-side=${kind}] iframe`, panel);
  return new Promise((resolve) => {
    addEventListener('message', function listen({ origin, source, data }: MessageEvent<VisitResult>) {
      if (origin !== location.origin || source !== frame.contentWindow) return;
      removeEventListener('message', listen);
      resolve(data);
    });
    frame.src = `visit.html?${new URLSearchParams({ kind, visit: String(visit), at: String(performance.now()) })}`;
  });
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

for (const button of buttons) {
  button.addEventListener('click', () => compare(button.dataset.visit as 'first' | 'next'));
}
