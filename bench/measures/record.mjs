import { line } from '../report/line.mjs';
import { rounds, timed, withContestant } from './bench.mjs';

const budget = 4;

/**
 * Records of 1,000 images: one by one, then the same each time the store has changed, and in pages of 100, for which
 * the peer is called a hundred times.
 */
export async function record(/** @type {import('./bench.mjs').Bench} */ bench) {
  bench.progress('getImageRecord and getImageRecords');
  const values = await rounds(bench, bench.contestants, (kind) =>
    withContestant(bench, kind, async (contestant) => {
      await contestant.call('fill', { count: 1_000, size: 5 * 1024 });
      return {
        single: await timed(bench, contestant, 'record', {}),
        afterChange: await timed(bench, contestant, 'recordAfterChange', { size: 5 * 1024 }),
        pages: await timed(bench, contestant, 'records', { page: 100 }),
      };
    }),
  );
  const [ours = [], peer] = bench.contestants.map((kind) => values.get(kind));
  return [
    line({
      group: 'record',
      name: 'getImageRecord, one by one',
      unit: '/s',
      ours: ours.map(({ single }) => single),
      other: peer?.map(({ single }) => single),
      atLeast: budget,
    }),
    line({
      group: 'record',
      name: 'getImageRecord, after a change',
      unit: '/s',
      ours: ours.map(({ afterChange }) => afterChange),
      other: peer?.map(({ afterChange }) => afterChange),
    }),
    line({
      group: 'record',
      name: 'getImageRecords, pages of 100',
      unit: '/s',
      ours: ours.map(({ pages }) => pages),
      other: peer?.map(({ pages }) => pages),
      atLeast: budget,
    }),
  ];
}
