import { aborting } from './aborting.js';
import { batches } from './batches.js';
import { bindings } from './bindings.js';
import type { Case } from './case.js';
import { eviction } from './eviction.js';
import { foreignDatabase } from './foreign-database.js';
import { forgetting } from './forgetting.js';
import { helpers } from './helpers.js';
import { many } from './many.js';
import { policy } from './policy.js';
import { refreshing } from './refreshing.js';
import { refusals } from './refusals.js';
import { storageTrouble } from './storage-trouble.js';
import { tabs } from './tabs.js';
import { tiers } from './tiers.js';
import { uploads } from './uploads.js';
import { workers } from './workers.js';

/** All cases, by subject. */
export const subjects: Record<string, Case[]> = {
  tiers,
  batches,
  aborting,
  refusals,
  'expired proofs': refreshing,
  helpers,
  forgetting,
  eviction,
  tabs,
  workers,
  uploads,
  policy,
  bindings,
  'trouble with storage': storageTrouble,
  'foreign databases': foreignDatabase,
  'many images': many,
};
