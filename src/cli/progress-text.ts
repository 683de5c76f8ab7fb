import { counted, countText, durationText, sizeText } from './format.js';

/** How far a command is. */
export interface ProgressState {
  done: number;
  /** Undefined while it is not known. */
  total?: number | undefined;
  /** Bytes that were read or written. */
  bytes?: number | undefined;
}

export interface ProgressWords extends ProgressState {
  /** What is done, such as `check`. */
  label: string;
  /** What is counted: `image`. */
  unit: string;
  /** ms since it began. */
  elapsed: number;
}

const barWidth = 24;

/** `check  [######------------------]  25 %  2,500 of 10,000 images  812/s, 44 MB/s  0:09 left` */
export function progressText(words: ProgressWords, columns = Number.POSITIVE_INFINITY): string {
  const bar = words.total ? `[${barOf(words.done / words.total)}]` : '';
  const parts = [words.label, bar, ...plainParts(words)].filter(Boolean);
  const text = parts.join('  ');
  return text.length < columns
    ? text
    : parts
        .filter((part) => part !== bar)
        .join('  ')
        .slice(0, Math.max(0, columns - 1));
}

/** The same without a bar, for logs. */
export function progressLine(words: ProgressWords): string {
  return `${words.label}: ${plainParts(words).join(', ')}`;
}

function plainParts({ done, total, bytes, unit, elapsed }: ProgressWords): string[] {
  const seconds = elapsed / 1000;
  const isMeasured = seconds >= 1 && done > 0;
  const rate = [`${countText(Math.round(done / seconds))}/s`];
  if (bytes) rate.push(`${sizeText(bytes / seconds)}/s`);
  const left = total && done < total ? `${durationText((elapsed / done) * (total - done))} left` : '';
  return [
    total ? `${Math.floor((100 * Math.min(done, total)) / total)} %` : '',
    total ? `${countText(done)} of ${counted(total, unit)}` : counted(done, unit),
    isMeasured ? rate.join(', ') : '',
    isMeasured ? left : '',
  ].filter(Boolean);
}

function barOf(part: number): string {
  const filled = Math.round(barWidth * Math.min(1, part));
  return '#'.repeat(filled) + '-'.repeat(barWidth - filled);
}
