import type { Load, Source } from './pictures.js';

const names: Record<Source, string> = { memory: 'Memory', disk: 'Disk cache', network: 'Network' };

/** Marks where a picture came from, and how long it took from asking to decrypted. */
export function showSource(badge: HTMLElement, load: Load | undefined): void {
  badge.textContent = load ? `${names[load.source]} · ${formatMilliseconds(load.milliseconds)}` : '';
  if (load) badge.dataset.source = load.source;
  else delete badge.dataset.source;
}

export function formatMilliseconds(value: number): string {
  if (value < 0.1) return '< 0.1 ms';
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** "1 picture", "12 pictures". */
export function pictures(count: number): string {
  return count === 1 ? '1 picture' : `${count} pictures`;
}
