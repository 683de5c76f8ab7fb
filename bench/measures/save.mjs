import { line, median } from '../report/line.mjs';
import { rounds, timed, withContestant } from './bench.mjs';
import { encryptionFloor } from './openssl.mjs';

const kibibyte = 1024;
const sizes = [
  { size: 5 * kibibyte, atLeast: 15, floor: 'sqlite16' },
  { size: 56 * kibibyte, atLeast: 2.5, floor: 'sqlite16' },
  { size: 528 * kibibyte, atLeast: 1.2, floor: 'files' },
];
/** @type {Record<string, { kind: 'sqlite' | 'files', concurrency: number, name: string, env?: Record<string, string> }>} */
const floors = {
  sqlite16: { kind: 'sqlite', concurrency: 16, name: 'raw SQLite, 16 rows a commit' },
  sqlite256: { kind: 'sqlite', concurrency: 256, name: 'raw SQLite, 256 rows a commit' },
  // As many threads as files, or they would queue for Node's four.
  files: { kind: 'files', concurrency: 16, name: 'raw files, 16 at once', env: { UV_THREADPOOL_SIZE: '16' } },
};

/** Saves a second, 16 at once, with the floors beside: what the same disk takes without any library. */
export async function save(/** @type {import('./bench.mjs').Bench} */ bench) {
  const lines = [];
  const floorLines = [];
  for (const { size, atLeast, floor } of sizes) {
    const label = `${size / kibibyte} KB`;
    bench.progress(`save ${label}`);
    const entrants = [
      ...bench.contestants.map((kind) => ({ kind, concurrency: 16, env: {} })),
      ...Object.values(floors),
    ];
    const values = await rounds(bench, entrants, ({ kind, concurrency, env }) =>
      withContestant(bench, kind, (contestant) => timed(bench, contestant, 'save', { size, concurrency }), {}, env),
    );
    const [ours = [], peer] = bench.contestants.map((_, index) => values.get(entrants[index]));
    const floorValues = (/** @type {string} */ name) => values.get(floors[name]) ?? [];
    lines.push(
      line({
        group: 'save',
        name: `save ${label}, 16 at once`,
        unit: '/s',
        ours,
        other: peer,
        atLeast,
        floor: { name: floors[floor].name, value: median(floorValues(floor)) },
      }),
    );
    for (const name of Object.keys(floors)) {
      floorLines.push(
        line({ group: 'floor', name: `${floors[name].name}, ${label}`, unit: '/s', ours: floorValues(name) }),
      );
    }
    const encryptions = encryptionFloor(size);
    if (encryptions) {
      floorLines.push(line({ group: 'floor', name: `openssl AES-256-GCM, ${label}`, unit: '/s', ours: [encryptions] }));
    }
  }
  return [...lines, ...floorLines];
}
