// `npm run bench:storage`: the local store beside pixstore 3.2.1 from the registry, and beside its own budgets.
import { growth } from './measures/growth.mjs';
import { memory } from './measures/memory.mjs';
import { record } from './measures/record.mjs';
import { save } from './measures/save.mjs';
import { serving } from './measures/serving.mjs';
import { update } from './measures/update.mjs';
import { runBenchmark } from './setup/program.mjs';

await runBenchmark({
  name: 'storage',
  measures: { save, update, record, memory, serving, growth },
  flags: {
    grow: { measure: 'growth', help: 'also the growth to a million images (minutes, 4 GB of disk)' },
  },
  drawing: {
    title: 'Local storage, side by side',
    description: 'Local storage of pixstore beside pixstore 3.2.1',
    panels: [
      {
        heading: 'Times as fast as pixstore 3.2.1 (more is better)',
        scale: 'ratio',
        shows: ({ budget }) => 'atLeast' in budget,
      },
      {
        heading: 'Times the cost without saves, or at 1,000 images (less is better)',
        scale: 'linear',
        shows: ({ budget }) => 'atMost' in budget,
      },
    ],
  },
});
