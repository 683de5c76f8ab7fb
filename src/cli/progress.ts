import { type ProgressState, progressLine, progressText } from './progress-text.js';
import type { Screen } from './screen.js';

// Often enough to look alive, and seldom enough to cost nothing and to fill no log.
const betweenBars = 100; // ms
const betweenLines = 10_000;

/** Shows how far a command is. */
export interface Progress {
  update(state: ProgressState): void;
  /** Takes it away. */
  end(): void;
}

export interface ProgressOptions {
  screen: Screen;
  /** What is done, such as `check`. */
  label: string;
  /** What is counted, one of it: `image`. */
  unit: string;
  /** ms. */
  now(): number;
}

/** A bar on a terminal, now and then a line elsewhere. */
export function createProgress({ screen, label, unit, now }: ProgressOptions): Progress {
  const begun = now();
  const pause = screen.isTerminal ? betweenBars : betweenLines;
  let shown = screen.isTerminal ? Number.NEGATIVE_INFINITY : begun;

  return {
    update(state) {
      const time = now();
      if (time - shown < pause) return;
      shown = time;
      const words = { ...state, label, unit, elapsed: time - begun };
      if (screen.isTerminal) screen.status(progressText(words, screen.columns()));
      else screen.line(progressLine(words));
    },
    end() {
      if (screen.isTerminal) screen.status('');
    },
  };
}
