import { cacheStats } from 'pixstore/frontend';
import { find } from './dom.js';
import type { Load, Source } from './pictures.js';
import { formatBytes, formatMilliseconds } from './source.js';

const sources: readonly Source[] = ['memory', 'disk', 'network'];
const kept = 500; // of the latest loads, for the median

/** Live figures: how many pictures came from where, how fast, and what is kept there. */
export class Tiers {
  #counts: Record<Source, number> = { memory: 0, disk: 0, network: 0 };
  #times: Record<Source, number[]> = { memory: [], disk: [], network: [] };
  #fetched = 0; // bytes
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly panel: HTMLElement) {}

  add({ source, milliseconds, bytes }: Load): void {
    this.#counts[source] += 1;
    if (source === 'network') this.#fetched += bytes;
    const times = this.#times[source];
    times.push(milliseconds);
    if (times.length > kept) times.shift();
    // Many in one frame are drawn once.
    this.#frame ||= requestAnimationFrame(() => this.#draw());
    this.lookSoon();
  }

  /** Looks what the tiers hold, when the cache has been written. */
  lookSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), 400);
  }

  async look(): Promise<void> {
    const stats = await cacheStats();
    if (!stats) return;
    const { memory, disk } = stats;
    const holds = ({ entries, bytes }: typeof memory) => `${entries} held, ${formatBytes(bytes)}`;
    this.#part('memory', '.holds').textContent = holds(memory);
    this.#part('disk', '.holds').textContent = holds(disk);
  }

  #draw(): void {
    this.#frame = 0;
    for (const source of sources) {
      const times = this.#times[source].toSorted((one, other) => one - other);
      this.#part(source, '.count').textContent = String(this.#counts[source]);
      const median = times[Math.floor(times.length / 2)];
      if (median !== undefined) this.#part(source, '.median').textContent = `median ${formatMilliseconds(median)}`;
    }
    this.#part('network', '.holds').textContent = `${formatBytes(this.#fetched)} fetched`;
  }

  #part(source: Source, selector: string): HTMLElement {
    return find(HTMLElement, `[data-source=${source}] ${selector}`, this.panel);
  }
}
