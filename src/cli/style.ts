import type { Sink, Surroundings } from './surroundings.js';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

export type StyleName = keyof typeof codes;

/** Coloured on terminals only, and not where NO_COLOR asks for none (https://no-color.org). */
export function styled(name: StyleName, text: string, sink: Sink, env: Surroundings['env']): string {
  if (!sink.isTTY || env.TERM === 'dumb' || env.NO_COLOR) return text;
  return `\x1b[${codes[name]}m${text}\x1b[0m`;
}
