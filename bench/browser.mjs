// `npm run bench:browser`: galleries in Chromium, beside pixstore 3.2.1, plain `fetch`, and the least it can take; and until
// they are on the screen, in three engines.
import { ensureBrowser } from '../scripts/ensure-browser.mjs';
import { blobs } from './measures/blobs.mjs';
import { eviction } from './measures/eviction.mjs';
import { growth, largeTiles, screen, strain } from './measures/screen.mjs';
import { slowCpu } from './measures/slow-cpu.mjs';
import { slowNetwork } from './measures/slow-network.mjs';
import { visits } from './measures/visits.mjs';
import { runBenchmark } from './setup/program.mjs';

await runBenchmark({
  name: 'browser',
  prepare: async () => void (await ensureBrowser()),
  measures: { visits, screen, tiles: largeTiles, growth, strain, blobs, network: slowNetwork, cpu: slowCpu, eviction },
  drawing: {
    title: 'Galleries in Chromium, side by side',
    description: 'Galleries with pixstore beside pixstore 3.2.1 and plain fetch',
    panels: [
      {
        heading: 'Times as fast as pixstore 3.2.1 (more is better)',
        scale: 'ratio',
        shows: ({ budget, against }) => budget !== null && 'atLeast' in budget && against === 'peer',
      },
      {
        heading: "Times as fast as plain fetch with the browser's own cache (more is better)",
        scale: 'ratio',
        shows: ({ budget, against }) => budget !== null && 'atLeast' in budget && against === 'fetch',
      },
    ],
  },
});
