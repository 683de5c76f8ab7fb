/** Bytes as people read them: `532 B`, `1.4 kB`, `3.1 MB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `0:07`, `12:34`, `3:05:09`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `12,345`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 image`, `12,345 images`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** `2026-11-30 00:21:57`, in UTC. */
export function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unprintable = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Names of files may hold what would move the cursor of a terminal, or worse. */
export function printable(text: string): string {
  return text.replace(unprintable, '\ufffd');
}

/** JSON in which such characters are escaped: it may be read on a terminal, too. */
export function jsonText(value: object): string {
  return JSON.stringify(value).replace(unprintable, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
