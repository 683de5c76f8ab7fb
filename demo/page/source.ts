import type { Load, Source } from './pictures.js';

const names: Record<Source, string> = { memory: 'Memory', disk: 'Disk cache', network: 'Network' };

/** Marks where a picture came from, and how long it took from asking to decrypted. */
export function showSource(badge: HTMLElement, load: Load | undefined): void {
  badge.textContent = load ? `${names[load.source]} · ${formatMilliseconds(load.milliseconds)}` : '';
  if (load) badge.dataset.source = load.source;
  else delete badge.dataset.source;
}

/** One line about many: "Loaded 10 pictures in 61 ms: 4 from the disk cache, 6 from the network". */
export function summarize(loads: readonly (Load | undefined)[], milliseconds: number): string {
  const loaded = loads.filter((load) => load !== undefined);
  const parts = Object.entries(names).flatMap(([source, name]) => {
    const count = loaded.filter((load) => load.source === source).length;
    return count > 0 ? [`${count} from ${source === 'memory' ? '' : 'the '}${name.toLowerCase()}`] : [];
  });
  const failed = loads.length - loaded.length;
  if (failed > 0) parts.push(`${failed} could not be loaded`);
  const pictures = loaded.length === 1 ? '1 picture' : `${loaded.length} pictures`;
  return `Loaded ${pictures} in ${formatMilliseconds(milliseconds)}: ${parts.join(', ')}`;
}

function formatMilliseconds(value: number): string {
  if (value < 0.1) return '< 0.1 ms';
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
