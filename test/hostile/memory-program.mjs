// Processes the picture of a file several times at once, in a process of its own, and says what that took:
// node memory-program.mjs <file> <format> <width> <height> <how many at once>
import { readFileSync } from 'node:fs';
import { sharpProcessing } from '../../dist/processing/index.js';

const [file = '', format = '', width, height, count] = process.argv.slice(2);
const bytes = readFileSync(file);
const processing = sharpProcessing({ variants: { thumb: { width: 160 }, card: { width: 640 } }, verify: 'decode' });
const wanted = { dir: '', variants: ['thumb', 'card'], placeholder: true };
const small = readFileSync(new URL('../../demo/photos/astronaut.jpg', import.meta.url));
await processing.process({ bytes: small, format: 'jpg', width: 512, height: 512 }, wanted); // all is loaded now
const megabytes = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1000;
const idle = megabytes();

// What the thread of the loop works between two turns: how long it waits for a processor is up to others.
const worked = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
let longest = 0;
let last = worked();
const turns = setInterval(() => {
  const now = worked();
  longest = Math.max(longest, now - last);
  last = now;
}, 2);
const picture = { bytes, format: /** @type {any} */ (format), width: Number(width), height: Number(height) };
const results = await Promise.allSettled(
  Array.from({ length: Number(count) }, () => processing.process(picture, wanted)),
);
clearInterval(turns);
const codes = results.map((result) => (result.status === 'fulfilled' ? 'made' : result.reason.code));
console.log(JSON.stringify({ codes, grown: megabytes() - idle, longest }));
