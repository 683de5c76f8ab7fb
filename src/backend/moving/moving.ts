import { createExporting, type ExportingOptions } from './exporting.js';
import { createImporting, type ImportingOptions } from './importing.js';
import { createMigrating, type MigratingOptions } from './migrating.js';

export type MovingOptions = MigratingOptions & ExportingOptions & ImportingOptions;

/** Images that come from elsewhere, or go there. */
export function createMoving(options: MovingOptions) {
  return { ...createMigrating(options), ...createExporting(options), ...createImporting(options) };
}

export type Moving = ReturnType<typeof createMoving>;
