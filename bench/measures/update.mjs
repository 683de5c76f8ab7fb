import { line } from '../report/line.mjs';
import { rounds, timed, withContestant } from './bench.mjs';

const kibibyte = 1024;
const sizes = [
  { size: 5 * kibibyte, atLeast: 10 },
  { size: 56 * kibibyte, atLeast: 2 },
  { size: 528 * kibibyte, atLeast: 1 },
];

/** Updates a second, 16 at once, over 200 images in turn. */
export async function update(/** @type {import('./bench.mjs').Bench} */ bench) {
  const lines = [];
  for (const { size, atLeast } of sizes) {
    const label = `${size / kibibyte} KB`;
    bench.progress(`update ${label}`);
    const values = await rounds(bench, bench.contestants, (kind) =>
      withContestant(bench, kind, async (contestant) => {
        await contestant.call('fill', { count: 200, size });
        return timed(bench, contestant, 'update', { size, concurrency: 16 });
      }),
    );
    lines.push(
      line({
        group: 'update',
        name: `update ${label}, 16 at once`,
        unit: '/s',
        ours: values.get('ours') ?? [],
        other: values.get('peer'),
        atLeast,
      }),
    );
  }
  return lines;
}
