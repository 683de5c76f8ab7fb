import type { Case } from './case.js';
import { tiers } from './tiers.js';

/** All cases, by subject. */
export const subjects: Record<string, Case[]> = {
  tiers,
};
