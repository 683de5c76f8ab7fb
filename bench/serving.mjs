// `npm run bench:serving`: the endpoint beside pixstore 3.2.1, beside a bare `node:http` server, and beside nginx.
import { batch } from './measures/batch.mjs';
import { memoryHits } from './measures/memory-hits.mjs';
import { requests } from './measures/requests.mjs';
import { runBenchmark } from './setup/program.mjs';
import { ensurePrograms } from './setup/programs.mjs';

await runBenchmark({
  name: 'serving',
  prepare: ensurePrograms,
  measures: { batch, requests, hits: memoryHits },
  drawing: {
    title: 'Serving, side by side',
    description: 'The endpoint of pixstore beside pixstore 3.2.1, a bare node:http server and nginx',
    panels: [
      {
        heading: 'Times as fast as pixstore 3.2.1 (more is better)',
        scale: 'ratio',
        shows: ({ against }) => against === 'peer',
      },
      {
        heading: 'Times as fast as what only sends the same bytes (more is better)',
        scale: 'linear',
        shows: ({ against }) => against !== 'peer',
      },
    ],
  },
});
