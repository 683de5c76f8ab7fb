import { InvalidArgumentError } from 'commander';

/** A whole number, as the value of an option. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, such as 100.');
}

/** The same, and not 0. */
export function countFromOne(text: string): number {
  const count = wholeNumber(text);
  if (count > 0) return count;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** A number of bytes: `500`, `64kB`, `10MB`, `2GB`. */
export function byteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text) ?? [];
  if (digits !== undefined) return Math.round(Number(digits) * (units[unit.toLowerCase()] as number));
  throw new InvalidArgumentError('It must be a number of bytes, such as 500kB or 10MB.');
}

/** How much a second: `200` images, or `20MB`. */
export function rate(text: string): { images: number } | { bytes: number } {
  const perSecond = text.replace(/\/s$/, '');
  const limit = /^\d+$/.test(perSecond) ? { images: wholeNumber(perSecond) } : { bytes: byteCount(perSecond) };
  if (Object.values(limit).every((value) => value > 0)) return limit;
  throw new InvalidArgumentError('It must be more than 0.');
}

/** A time, in ms since 1970: `2026-11-30T01:00:00Z`, or the number itself. */
export function time(text: string): number {
  const milliseconds = /^\d{10,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new InvalidArgumentError('It must be a time, such as 2026-11-30T01:00:00Z.');
}

/** Which part of all: `0.1`, or `10%`. */
export function share(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const value = Number(digits) / (percent ? 100 : 1);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be more than 0 and at most 1, such as 0.1 or 10%.');
}
