import { line } from '../report/line.mjs';
import { rounds, withContestant } from './bench.mjs';

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;
const queues = [
  { count: 1_000, size: 5 * kibibyte },
  { count: 1_000, size: 56 * kibibyte },
  { count: 1_000, size: 528 * kibibyte },
  { count: 10_000, size: 5 * kibibyte },
];

/** Memory at the peak while many saves wait. All share the image they save, so what grows is the library's own. */
export async function memory(/** @type {import('./bench.mjs').Bench} */ bench) {
  const lines = [];
  for (const { count, size } of queues) {
    const name = `memory, ${count.toLocaleString('en')} saves of ${size / kibibyte} KB queued`;
    bench.progress(name);
    const values = await rounds(bench, bench.contestants, (kind) =>
      withContestant(bench, kind, async (contestant) => {
        await contestant.call('fill', { count: 200, size: 5 * kibibyte });
        return (await contestant.call('saveTogether', { size, count })) / mebibyte;
      }),
    );
    lines.push(line({ group: 'memory', name, unit: 'MiB', ours: values.get('ours') ?? [], other: values.get('peer') }));
  }
  return lines;
}
