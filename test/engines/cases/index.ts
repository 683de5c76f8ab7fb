import type { Case } from './case.js';
import { eviction } from './eviction.js';
import { foreignDatabase } from './foreign-database.js';
import { forgetting } from './forgetting.js';
import { policy } from './policy.js';
import { refusals } from './refusals.js';
import { storageTrouble } from './storage-trouble.js';
import { tabs } from './tabs.js';
import { tiers } from './tiers.js';
import { workers } from './workers.js';

/** All cases, by subject. */
export const subjects: Record<string, Case[]> = {
  tiers,
  refusals,
  forgetting,
  eviction,
  tabs,
  workers,
  policy,
  'trouble with storage': storageTrouble,
  'foreign databases': foreignDatabase,
};
