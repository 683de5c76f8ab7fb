import { type ErrorMemory, shareErrorMemory } from '../../shared/errors/last-error.js';
import type { BackendFunctions } from './functions.js';
import type { PixstoreBackend } from './public-api.js';
import type { DataOptions } from './same-options.js';

/** The backend behind the module-level functions. */
export interface DefaultInstance {
  backend: PixstoreBackend;
  /** What it was made with, but for the functions. */
  data: DataOptions;
  /** Was it told to close? Then nobody is given it any more. */
  closing: boolean;
  /** Lets it call other functions of the application from now on. */
  useFunctions(newer: BackendFunctions): void;
}

/** What all copies of this module in a process share. */
interface ProcessState {
  defaultInstance: DefaultInstance | undefined;
  errors: ErrorMemory;
}

// The number is that of this interface: copies that mean something else by it do not meet.
const slot = Symbol.for('pixstore.backend.1');

/**
 * Bundlers put this module into several bundles of one application, and hot reload evaluates it again: what is one for the
 * whole process cannot be a variable of the module. It is made when it is first asked for, and not by an import.
 */
export function processState(): ProcessState {
  const process = globalThis as { [slot]?: ProcessState };
  process[slot] ??= { defaultInstance: undefined, errors: { lastError: null, customErrorHandler: undefined } };
  shareErrorMemory(process[slot].errors);
  return process[slot];
}
