import { createMigrating, type MigratingOptions } from './migrating.js';

export type MovingOptions = MigratingOptions;

/** Images that come from elsewhere, or go there. */
export function createMoving(options: MovingOptions) {
  return { ...createMigrating(options) };
}

export type Moving = ReturnType<typeof createMoving>;
