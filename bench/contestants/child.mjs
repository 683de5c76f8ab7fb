// The process of one contestant: opens it in the folder it is given, and does what it is told over IPC.
import { answerCalls } from './calls.mjs';
import { createProfiler } from './profiler.mjs';

const programs = {
  ours: { opens: './pixstore.mjs', does: './work.mjs' },
  peer: { opens: './peer.mjs', does: './work.mjs' },
  sqlite: { opens: './raw-sqlite.mjs', does: './work.mjs' },
  files: { opens: './raw-files.mjs', does: './work.mjs' },
  bare: { opens: './bare-http.mjs', does: './work.mjs' },
  plain: { opens: './plain-files.mjs', does: './work.mjs' },
  sealed: { opens: './sealed-batch.mjs', does: './work.mjs' },
  soak: { opens: './pixstore.mjs', does: '../soak/work.mjs' },
};

const [kind, folder, options] = process.argv.slice(2);
const { open } = await import(programs[kind].opens);
const { createWork } = await import(programs[kind].does);
const contestant = await open(folder, JSON.parse(options));
const work = { ...createWork(contestant, folder), ...createProfiler(), close: async () => contestant.close?.() };

answerCalls(work);
