import { join } from 'node:path';
import type Sharp from 'sharp';
import { PixstoreError } from '../shared/errors/pixstore-error.js';

/** Finds packages. */
type Require = Pick<NodeJS.Require, 'resolve'> & ((name: string) => unknown);

/**
 * @throws PixstoreError `PROCESSING_UNAVAILABLE` when the package is not installed, or has no build for this machine
 */
export function loadSharp(require: Require = requireHere()): typeof Sharp {
  return orUnavailable('sharp', () => require('sharp')) as typeof Sharp;
}

/**
 * Is libheif-js at hand? It is loaded by the thread that decodes, once there is something to decode.
 *
 * @throws PixstoreError `PROCESSING_UNAVAILABLE`
 */
export function requireHeicDecoder(require: Require = requireHere()): void {
  orUnavailable('libheif-js', () => require.resolve('libheif-js/wasm-bundle'));
}

function orUnavailable(name: string, load: () => unknown): unknown {
  try {
    return load();
  } catch (cause) {
    throw new PixstoreError(
      'PROCESSING_UNAVAILABLE',
      `The package ${name} is not installed, or does not load on this machine. Run "npm install ${name}" with the system and the processor that the program runs on, and keep it out of bundles.`,
      { cause },
    );
  }
}

/** Not an import: packages that are not there must not keep this module from being loaded. */
function requireHere(): Require {
  return process.getBuiltinModule('node:module').createRequire(codePath());
}

/** Where this code is. Bundlers that make CommonJS leave `import.meta` empty, and there are other names for it. */
function codePath(): string | URL {
  const { url } = import.meta as { url?: string };
  if (url) return url;
  return typeof __filename === 'string' ? __filename : join(process.cwd(), 'package.json');
}
